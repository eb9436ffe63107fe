// swift-tools-version: 6.3
import PackageDescription

/// Every Swift target is held to the same rules: Swift 6 mode, strict memory safety, no warning.
let rules: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableExperimentalFeature("Lifetimes"),
]

/// A room of the house (see Docs/Architecture.md): what it is called and which rooms lie below it.
func room(_ name: String, on below: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: below, swiftSettings: rules)
}

/// The tests of one room: no root, no clock, parallel.
func tests(of room: String, on others: [Target.Dependency] = [], excluding files: [String] = []) -> Target {
  .testTarget(
    name: "\(room)Tests",
    dependencies: [.target(name: room)] + others,
    exclude: files,
    swiftSettings: rules)
}

let package = Package(
  name: "probe",
  products: [
    .executable(name: "probe", targets: ["probe"]),
    // For other programs: packets, the client side of TCP, captures (Docs/Examples).
    .library(name: "Wire", targets: ["Wire"]),
    .library(name: "Handshake", targets: ["Handshake"]),
    .library(name: "Capture", targets: ["Capture"]),
  ],
  targets: [
    // Pure: neither Glibc nor Foundation (`make audit` proves it).
    room("Timebase"),
    room("Wire", on: ["Timebase"]),
    room("Handshake", on: ["Wire", "Timebase"]),
    room("Script", on: ["Handshake", "Wire", "Timebase"]),
    room("Scan", on: ["Handshake", "Statistics", "Wire", "Timebase"]),
    room("Path", on: ["Handshake", "Wire", "Timebase"]),
    room("HTTP", on: ["Handshake", "Wire", "Timebase"]),
    room("Engines", on: ["Script", "Path", "Scan", "HTTP", "Handshake", "Wire", "Timebase"]),
    room("Statistics", on: ["Timebase"]),
    room("Capture", on: ["Handshake", "Wire", "Timebase"]),
    room("Judging", on: ["Script", "Path", "Scan", "Statistics", "Capture", "Handshake", "Wire", "Timebase"]),
    room(
      "Report",
      on: [
        "Judging", "Script", "Path", "Scan", "HTTP", "Statistics", "Capture", "Handshake", "Wire", "Timebase",
      ]),

    // Impure: the kernel, the loop, the words on the terminal.
    .target(name: "CLinux"),
    room("Kernel", on: ["CLinux", "Wire", "Timebase"]),
    room(
      "Runner",
      on: [
        "Kernel", "Engines", "Script", "Path", "Scan", "HTTP", "Report", "Judging", "Capture", "Statistics",
        "Handshake", "Wire", "Timebase",
      ]),
    room(
      "Console",
      on: [
        "Runner", "Report", "Judging", "Capture", "Kernel", "Handshake", "Engines", "Script", "Path", "Scan", "HTTP",
        "Wire",
        "Timebase",
      ]),
    .executableTarget(name: "probe", dependencies: ["Console"], swiftSettings: rules),

    // The test laboratory: namespaces, servers, captures, a hostile peer. Never part of the binary.
    .target(name: "CLaboratory", path: "Tests/CLaboratory"),
    .target(
      name: "Laboratory", dependencies: ["CLaboratory", "Repeatable", "Script", "Timebase"], path: "Tests/Laboratory",
      swiftSettings: rules),
    .testTarget(name: "LaboratoryTests", dependencies: ["Laboratory", "Script", "Timebase"], swiftSettings: rules),
    .testTarget(
      name: "NetworkTests", dependencies: ["Laboratory", "Script", "Repeatable", "probe"], swiftSettings: rules),

    // The checks of `audit`, played with the laboratory's model of TCP in virtual time.
    .testTarget(
      name: "AuditTests", dependencies: ["Engines", "Script", "Handshake", "Laboratory", "Wire", "Timebase"],
      swiftSettings: rules),

    // Random values that can be had again, for the tests of every room.
    .target(name: "Repeatable", dependencies: ["Statistics"], path: "Tests/Repeatable", swiftSettings: rules),

    tests(of: "Timebase"),
    tests(of: "Wire", on: ["Repeatable"]),
    tests(of: "Handshake", on: ["Wire", "Timebase", "Repeatable"]),
    tests(of: "Script", on: ["Handshake", "Wire", "Timebase"]),
    tests(of: "Scan", on: ["Handshake", "Statistics", "Wire", "Timebase", "Repeatable"]),
    tests(of: "Path", on: ["Handshake", "Wire", "Timebase", "Repeatable"]),
    tests(of: "HTTP", on: ["Handshake", "Wire", "Timebase", "Repeatable"]),
    tests(of: "Engines", on: ["Path", "HTTP", "Handshake", "Wire", "Timebase", "Repeatable"]),
    tests(of: "Statistics", on: ["Timebase", "Repeatable"], excluding: ["read-log.py"]),
    tests(
      of: "Judging", on: ["Path", "Statistics", "Capture", "Handshake", "Wire", "Timebase"]),
    tests(of: "Capture", on: ["Laboratory", "Handshake", "Wire", "Timebase", "Repeatable"]),
    tests(
      of: "Report",
      on: [
        "Laboratory", "Path", "Scan", "HTTP", "Judging", "Statistics", "Capture", "Handshake", "Wire", "Timebase",
        "Repeatable",
      ]),
    tests(of: "Kernel", on: ["Wire", "Timebase"], excluding: ["laboratory.sh"]),
    tests(of: "Runner", on: ["Kernel", "Capture", "Engines", "HTTP", "Handshake", "Wire", "Timebase"]),
    tests(of: "Console", on: ["Runner", "HTTP", "Report", "Judging", "Kernel", "Handshake", "Wire", "Timebase"]),

    // What the hot paths cost (Tests/Bench/hot-paths): a program of its own with an allocator that counts.
    .target(name: "CBench", path: "Tests/Bench/CBench"),
    .executableTarget(
      name: "HotPaths",
      dependencies: [
        "CBench", "Console", "Kernel", "Engines", "Scan", "Report", "Judging", "Capture", "Handshake", "Statistics",
        "Wire", "Timebase",
      ],
      path: "Tests/Bench/HotPaths", swiftSettings: rules),

    // What the documentation has of the tables of Report (Tests/documents).
    .executableTarget(
      name: "Documents", dependencies: ["Report", "Script", "Handshake"], path: "Tests/Documents", swiftSettings: rules),

    // Golden packets, and what must hold for every one of them.
    .target(
      name: "Vectors", path: "Tests/Vectors",
      exclude: [
        "README.md", "Console", "Report", "Examples", "capture-vectors.py", "make-vectors.py", "vector_file.py",
        "linux-tcp.txt", "linux-icmp.txt", "crafted-tcp.txt", "crafted-options.txt",
        "crafted-ipv4.txt", "crafted-ipv6.txt", "crafted-icmpv4.txt", "crafted-icmpv6.txt",
      ],
      swiftSettings: rules),
    .testTarget(name: "WireVectorTests", dependencies: ["Wire", "Vectors"], swiftSettings: rules),
  ]
)
