import CBench
import Glibc

// What the paths cost that every packet takes: nanoseconds and requests for memory, a line each, behind tabs.
//
//     HotPaths [--rounds N] [--network]
//     HotPaths --capture FILE
//     HotPaths TARGET|VERB WORD…
//     HotPaths --long-run N
//
// The second form reads a capture file, and says how many octets and packets that were, in how many nanoseconds, with how
// many requests. The third is the whole program with that command line; it says on a last line how often it asked for memory.
// The fourth is a run of N probes in virtual time, with its summary.
// `--network` adds those that need a raw socket (a namespace with loopback up, CAP_NET_RAW). Tests/Bench/hot-paths calls it
// and compares.

let words = Array(CommandLine.arguments.dropFirst())
if let first = words.first, !first.hasPrefix("-") { exit(wholeProgram()) }
if words.count == 2, words[0] == "--long-run", let count = Int(words[1]) {
  print(longRun(count), terminator: "")
  exit(0)
}
if words.first == "--capture", words.count == 2 { exit(wholeCapture(words[1])) }
let rounds = words.firstIndex(of: "--rounds").flatMap { Int(words[min($0 + 1, words.count - 1)]) } ?? 20

var bench = Bench(rounds: max(1, rounds))
bench.addReference()
bench.addWirePaths()
bench.addHandshakePaths()
bench.addEnginePaths()
bench.addScanPaths()
bench.addCapturePaths()
if words.contains("--network") { try bench.addNetworkPaths() }

print("path\tnanoseconds\tallocations")
for cost in bench.run() {
  print("\(cost.path)\t\(cost.nanoseconds)\t\(cost.allocations)")
}
