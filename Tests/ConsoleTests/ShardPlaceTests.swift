import Glibc
import Kernel
import Runner
import Scan
import Testing

@testable import Console

/// What a scheduler says of an array's task.
@Suite("Place of a shard") struct ShardPlaceTests {
  private static func slurm(_ id: String, _ least: String, _ most: String, _ count: String, _ step: String) -> [String:
    String]
  {
    [
      "SLURM_ARRAY_TASK_ID": id, "SLURM_ARRAY_TASK_MIN": least, "SLURM_ARRAY_TASK_MAX": most,
      "SLURM_ARRAY_TASK_COUNT": count, "SLURM_ARRAY_TASK_STEP": step,
    ]
  }

  @Test(arguments: [
    (slurm("1", "1", "8", "8", "1"), 1, 8), (slurm("0", "0", "7", "8", "1"), 1, 8),
    (slurm("7", "0", "7", "8", "1"), 8, 8),
    (slurm("9", "1", "13", "4", "4"), 3, 4), (["JOB_COMPLETION_INDEX": "0", "JOB_COMPLETIONS": "5"], 1, 5),
    (["JOB_COMPLETION_INDEX": "4", "JOB_COMPLETIONS": "5"], 5, 5),
  ])
  func known(_ variables: [String: String], _ number: UInt64, _ count: UInt64) throws {
    #expect(try ShardPlace.read { variables[$0] } == ScanShard(number: number, of: count))
  }

  @Test(arguments: [
    ([:], "no scheduler's variables are set"), (["PARALLEL_SEQ": "3"], "use --shard {#}/N"),
    (slurm("3", "1", "5", "3", "1"), "are not 3 in steps of 1"),
    (slurm("4", "1", "9", "3", "4"), "is none of the array's"),
    (slurm("10", "1", "8", "8", "1"), "is none of the array's"),
    (slurm("x", "1", "8", "8", "1"), "SLURM_ARRAY_TASK_ID"),
    (slurm("1", "1", "8", "8", "0"), "steps of 0"), (slurm("1", "8", "1", "8", "1"), "from 8 to 1"),
    (slurm("1", "1", "", "8", "1"), "SLURM_ARRAY_TASK_MAX is not"),
    (["SLURM_ARRAY_TASK_ID": "1"], "SLURM_ARRAY_TASK_MIN is not"),
    (slurm("1", "1", "18446744073709551615", "8", "1"), "SLURM_ARRAY_TASK_MAX"),
    (["JOB_COMPLETION_INDEX": "5", "JOB_COMPLETIONS": "5"], "JOB_COMPLETION_INDEX=5 is not below JOB_COMPLETIONS=5"),
    (["JOB_COMPLETION_INDEX": "1"], "JOB_COMPLETIONS is not"),
    (["JOB_COMPLETION_INDEX": "-1", "JOB_COMPLETIONS": "5"], "JOB_COMPLETION_INDEX is not a number"),
    (
      slurm("1", "1", "8", "8", "1").merging(["JOB_COMPLETION_INDEX": "1"]) { a, _ in a },
      "both SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX are set"
    ),
  ])
  func refused(_ variables: [String: String], _ words: String) {
    let message = refusal { () throws(UsageError) in _ = try ShardPlace.read { variables[$0] } }
    #expect(message?.contains(words) == true, "\(message ?? "taken")")
  }
}

/// Lists of targets of any length.
@Suite("Streams of targets") struct ListStreamTests {
  private func words(_ text: String) throws -> (words: [String], fault: UsageError?) {
    let path = "/tmp/probe-list-\(UInt64.random(in: 0 ... .max))"
    try AtomicFile.replace(FilePath(path), with: Array(text.utf8).span.raw)
    var words: [String] = []
    var fault: UsageError?
    do throws(UsageError) {
      try ListStream.read(FilePath(path)) { (word) throws(UsageError) in
        guard !word.hasPrefix("bad") else { throw UsageError("no \(word)") }
        words.append(word)
      }
    } catch { fault = error }
    _ = unsafe unlink(path)
    return (words, fault)
  }

  @Test func wordsCommentsAndEnds() throws {
    #expect(try words("\u{feff}a b # c\n#d\n\n e\t\r\nf").words == ["a", "b", "e", "f"])
    #expect(try words("").words == [] && words("\n").words == [])
    let long = try words(String(repeating: "10.0.0.1\n", count: 100_000) + "end")
    #expect(long.words.count == 100_001 && long.words.last == "end" && long.fault == nil)
  }

  @Test func badLinesAreNamedByTheirNumbers() throws {
    let few = try words("a\nbad1\nb bad2\n")
    #expect(few.words == ["a", "b"])
    #expect(few.fault?.places.map { String($0.drop { $0 != ":" }) } == [":2: no bad1", ":3: no bad2"])
    let many = try words(String(repeating: "bad\n", count: 1_000))
    #expect(many.fault?.places.count == ListFile.mostFaults && many.fault?.message.isEmpty == false)
    let wide = try words(String(repeating: "x", count: 70_000))
    #expect(wide.fault?.places.first?.contains("longer than") == true)
  }
}
