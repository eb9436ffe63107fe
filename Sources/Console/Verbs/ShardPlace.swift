import Kernel
import Scan

/// Which part of a scan a scheduler has given this process, by the variables that it sets.
enum ShardPlace {
  /// A scheduler's variables: where its numbering begins, and how many there are.
  private struct Scheduler {
    var name: String
    var number: String
    /// Variables that must be there beside the number; what is to be done where one is missing.
    var others: [String]
    var hint: String
  }

  private static let slurm = Scheduler(
    name: "Slurm", number: "SLURM_ARRAY_TASK_ID",
    others: ["SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_STEP"],
    hint: "use sbatch --array=1-N")
  private static let kubernetes = Scheduler(
    name: "Kubernetes", number: "JOB_COMPLETION_INDEX", others: ["JOB_COMPLETIONS"],
    hint: "Kubernetes does not set it: give the container an env entry with the Job's completions")

  /// The part of an array job's task, or of an indexed Job's pod.
  ///
  /// - Throws: where there is no scheduler or more than one, and where variables are missing or contradict each other.
  static func read(_ variable: (String) -> String?) throws(UsageError) -> ScanShard {
    let present = [slurm, kubernetes].filter { variable($0.number) != nil }
    guard present.count < 2 else {
      throw UsageError("--shard auto: both \(slurm.number) and \(kubernetes.number) are set; use --shard I/N")
    }
    guard let scheduler = present.first else {
      if variable("PARALLEL_SEQ") != nil {
        throw UsageError("--shard auto: GNU parallel does not say how many jobs there are; use --shard {#}/N")
      }
      throw UsageError(
        "--shard auto: no scheduler's variables are set (\(slurm.number), \(kubernetes.number)); use --shard I/N")
    }
    let number = try value(scheduler.number, of: scheduler, variable)
    var others: [UInt64] = []
    for name in scheduler.others { others.append(try value(name, of: scheduler, variable)) }
    guard scheduler.name == slurm.name else {
      guard let shard = ScanShard(number: number + 1, of: others[0]) else {
        throw UsageError("--shard auto: JOB_COMPLETION_INDEX=\(number) is not below JOB_COMPLETIONS=\(others[0])")
      }
      return shard
    }
    let (least, most, count, step) = (others[0], others[1], others[2], others[3])
    guard step > 0, count > 0, most >= least, most - least == (count - 1) * step else {
      throw UsageError(
        "--shard auto: the array's numbers from \(least) to \(most) are not \(count) in steps of \(step); "
          + "\(scheduler.hint), or --shard I/N")
    }
    guard number >= least, number <= most, (number - least) % step == 0,
      let shard = ScanShard(number: (number - least) / step + 1, of: count)
    else {
      throw UsageError("--shard auto: \(scheduler.number)=\(number) is none of the array's numbers")
    }
    return shard
  }

  private static func value(
    _ name: String, of scheduler: Scheduler, _ variable: (String) -> String?
  ) throws(UsageError) -> UInt64 {
    guard let text = variable(name), !text.isEmpty else {
      throw UsageError(
        "--shard auto: \(scheduler.number) is set, but \(name) is not; \(scheduler.hint), or use --shard I/N")
    }
    guard let number = UInt64(text), number < 1 << 32 else {
      throw UsageError("--shard auto: \(name) is not a number below 2^32 (got '\(text.printable)')")
    }
    return number
  }
}
