import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// The scripts of `Docs/HowTo/scan-cluster.md`, run by the schedulers that they are for.
  @Suite(.needs(.ip, .nft, .python)) struct ScanClusterTests {
    private typealias Field = ScanTests.Field

    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Docs/HowTo/scan-cluster.md")

    /// The block of the page that is for a file.
    private static func script(_ name: String) throws -> String {
      let text = try String(contentsOf: page, encoding: .utf8)
      let start = try #require(text.range(of: " file=\(name)\n"), "\(name) is not in the page")
      let end = try #require(text.range(of: "\n```", range: start.upperBound..<text.endIndex))
      return String(text[start.upperBound..<end.lowerBound]) + "\n"
    }

    /// PATH with the program under test first, as `probe`.
    private static func path(_ folder: TemporaryDirectory) throws -> String {
      let bin = folder.file("bin")
      try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: "\(bin)/probe", withDestinationPath: Probe.path)
      return "PATH=\(bin):/usr/sbin:/usr/bin:/sbin:/bin"
    }

    private func verdicts(_ text: String) throws -> [String] {
      try JSON.lines(text).filter { $0["type"]?.string == "result" }
        .map { "\($0["address"]?.string ?? "?") \($0.verdict)" }.sorted()
    }

    private var truth: [String] { Field.truth.map { "\($0.key) \($0.value)" }.sorted() }

    /// What keeps Slurm's daemons from running here; nil where nothing does.
    static let slurmObstacle: String? = {
      let map = (try? String(contentsOfFile: "/proc/self/uid_map", encoding: .utf8)) ?? ""
      let numbers = map.split { " \n".contains($0) }
      guard geteuid() == 0, numbers == ["0", "0", "4294967295"] else {
        return "Slurm's daemons start jobs as root, and this is a user namespace"
      }
      return nil
    }()

    /// Slurm's daemons, with one node of four slots, in a namespace and a folder of their own.
    private final class Cluster {
      private var daemons: [Program] = []
      let variables: [String]
      private let namespace: Namespace
      private let folder: String

      init(_ namespace: Namespace, _ directory: TemporaryDirectory) throws {
        self.namespace = namespace
        folder = directory.file("slurm")
        for name in ["munge", "spool", "state"] {
          try FileManager.default.createDirectory(
            atPath: "\(folder)/\(name)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        }
        try Data((0..<1_024).map { _ in UInt8.random(in: 0...255) }).write(
          to: URL(fileURLWithPath: "\(folder)/munge/key"))
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: "\(folder)/munge/key")
        let host = ProcessInfo.processInfo.hostName.split(separator: ".").first.map(String.init) ?? "localhost"
        let configuration = """
          ClusterName=test
          SlurmctldHost=\(host)(127.0.0.1)
          SlurmctldPort=46817
          SlurmdPort=46818
          AuthType=auth/munge
          AuthInfo=socket=\(folder)/munge/socket
          SlurmUser=root
          SlurmdUser=root
          StateSaveLocation=\(folder)/state
          SlurmdSpoolDir=\(folder)/spool
          SlurmctldPidFile=\(folder)/slurmctld.pid
          SlurmdPidFile=\(folder)/slurmd.pid
          ProctrackType=proctrack/linuxproc
          TaskPlugin=task/none
          JobAcctGatherType=jobacct_gather/none
          SelectType=select/cons_res
          SelectTypeParameters=CR_CPU
          SlurmdParameters=config_overrides
          MpiDefault=none
          ReturnToService=2
          SchedulerParameters=sched_interval=1,batch_sched_delay=0
          NodeName=\(host) NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
          PartitionName=main Nodes=\(host) Default=YES MaxTime=INFINITE State=UP

          """
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: "\(folder)/slurm.conf"))
        variables = ["SLURM_CONF=\(folder)/slurm.conf"]
        try start(
          "munged", "--foreground", "--force", "--key-file=\(folder)/munge/key", "--socket=\(folder)/munge/socket",
          "--pid-file=\(folder)/munge/pid", "--log-file=\(folder)/munge/log", "--seed-file=\(folder)/munge/seed")
        let socket = "\(folder)/munge/socket"
        try #require(waitUntil(seconds: 10) { FileManager.default.fileExists(atPath: socket) ? true : nil } != nil)
        try start("slurmctld", "-D")
        try start("slurmd", "-D", "-N", host)
        let isReady = waitUntil(seconds: 30) {
          (try? run(["sinfo", "-h", "-o", "%t"], seconds: 10))?.output.contains("idle") == true ? true : nil
        }
        try #require(isReady != nil, "\(daemons.map { $0.errorsSoFar }.joined(separator: "\n"))")
      }

      private func start(_ words: String...) throws {
        daemons.append(try Program(["env"] + variables + words, in: namespace))
      }

      func run(_ words: [String], seconds: Double) throws -> Outcome {
        try Program.run(["env"] + variables + words, in: namespace, seconds: seconds)
      }

      func stop() { for daemon in daemons.reversed() { daemon.stop() } }
    }

    @Test(
      "a Slurm array scans in shards, and its results are one run's", .needs(.slurm, .munge),
      .enabled(if: slurmObstacle == nil, Comment(rawValue: slurmObstacle ?? "")))
    func slurm() throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let cluster = try Cluster(field.wire.client, folder)
      defer { cluster.stop() }
      let script = folder.file("scan.sbatch")
      try Data(ScanClusterTests.script("scan.sbatch").utf8).write(to: URL(fileURLWithPath: script))
      let job =
        [try ScanClusterTests.path(folder), "TARGETS=\(Field.network)", "PORTS=80", "RATE=500", "sbatch"]
        + ["--wait", "--array=1-3", "--chdir=\(folder.file(""))", script]
      let outcome = try cluster.run(job, seconds: 60)
      let logs = (1...3).map { folder.text("scan-\($0).log") }
      #expect(outcome.code == 0, "\(outcome.everything) \(logs)")
      let files = (1...3).map { folder.file("scan-\($0).jsonl") }
      let merged = try Probe.run(["merge", "--json"] + files, in: field.wire.client)
      #expect(merged.code == 0, "\(merged.errors) \(logs)")
      #expect(try verdicts(merged.output) == truth)
      // The same array again: every part is complete, and nothing is sent.
      let asked = try field.counted("asked")
      let again = try cluster.run(job, seconds: 60)
      #expect(again.code == 0, "\(again.everything)")
      #expect(try field.counted("asked") == asked)
      #expect((1...3).allSatisfy { folder.text("scan-\($0).log").contains("this scan is complete") })
    }

    @Test("GNU parallel scans in shards, and its results are one run's", .needs(.parallel)) func parallel() throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let script = folder.file("scan-parallel.sh")
      try Data(ScanClusterTests.script("scan-parallel.sh").utf8).write(to: URL(fileURLWithPath: script))
      let line = "cd '\(folder.file(""))' && sh '\(script)' \(Field.network) 80 4"
      let outcome = try Program.run(
        ["env", try ScanClusterTests.path(folder), "HOME=\(folder.file(""))", "sh", "-c", line], in: field.wire.client,
        seconds: 60)
      #expect(outcome.code == 0, "\(outcome.everything)")
      let files = (1...4).map { folder.file("scan-\($0).jsonl") }
      let merged = try Probe.run(["merge", "--json"] + files, in: field.wire.client)
      #expect(merged.code == 0, "\(merged.errors)")
      #expect(try verdicts(merged.output) == truth)
    }

    @Test("the Kubernetes manifest is an Indexed Job that tells its size") func manifest() throws {
      let folder = try TemporaryDirectory()
      try Data(ScanClusterTests.script("scan-job.yaml").utf8).write(to: URL(fileURLWithPath: folder.file("job.yaml")))
      let check = """
        import sys, yaml
        job = yaml.safe_load(open(sys.argv[1]))
        spec = job['spec']; pod = spec['template']['spec']; box = pod['containers'][0]
        assert (job['apiVersion'], job['kind'], spec['completionMode']) == ('batch/v1', 'Job', 'Indexed')
        env = {e['name']: e['value'] for e in box['env']}
        assert env == {'JOB_COMPLETIONS': str(spec['completions'])} and spec['completions'] > 1
        assert pod['restartPolicy'] in ('OnFailure', 'Never')
        assert box['securityContext']['capabilities'] == {'drop': ['ALL'], 'add': ['NET_RAW']}
        assert [m['name'] for m in box['volumeMounts']] == [v['name'] for v in pod['volumes']]
        print(box['args'][0])
        """
      let outcome = try Program.run(["python3", "-c", check, folder.file("job.yaml")])
      try #require(outcome.code == 0, "\(outcome.errors)")
      // Its command line, as the pod with the number 2 would run it.
      let line = outcome.output.replacing("exec probe", with: Probe.path).replacing("/results/", with: folder.file(""))
      let field = try Field()
      defer { field.stop() }
      let run = try Program.run(
        [
          "env", "JOB_COMPLETION_INDEX=2", "JOB_COMPLETIONS=8", "sh", "-c",
          line.replacing("192.0.2.0/24", with: "10.9.0.0/27"),
        ],
        in: field.wire.client, seconds: 30)
      #expect(run.code == 0, "\(run.everything)")
      let first = try #require(JSON.lines(folder.text("scan-2.jsonl")).first)
      #expect(first["shard"]?.int == 3 && first["shards"]?.int == 8)
    }
  }
}
