import Glibc

/// What the system lets one process have, `getrlimit(2)`.
public enum ResourceLimit {
  /// Whether so many descriptors can be had, what is open included, `fcntl(2)` F_DUPFD.
  public static func leavesDescriptors(_ count: Int) -> Bool {
    let last = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, CInt(count) - 1)
    if last >= 0 { _ = close(last) }
    return last >= 0
  }

  /// How many more descriptors can be had, `fcntl(2)` F_GETFD; `most` where there are more.
  public static func remainingDescriptors(upTo most: Int) -> Int {
    var free = 0
    // Those that were inherited need not follow one another.
    for descriptor in 0..<CInt(clamping: raiseDescriptors()) {
      guard free < most else { break }
      if fcntl(descriptor, F_GETFD) < 0 { free += 1 }
    }
    return free
  }

  /// Raises the number of descriptors as far as the hard limit allows; answers how many there may be now.
  public static func raiseDescriptors() -> Int {
    let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard (try? kernel(.getrlimit, { unsafe getrlimit(descriptors, &limit) })) != nil else { return 1_024 }
    let soft = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    let isRaised = (try? kernel(.setrlimit, { unsafe setrlimit(descriptors, &limit) })) != nil
    return Int(clamping: isRaised ? limit.rlim_max : soft)
  }
}
