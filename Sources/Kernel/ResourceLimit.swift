import Glibc

/// What the system lets one process have, `getrlimit(2)`.
public enum ResourceLimit {
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
