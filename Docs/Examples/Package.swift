// swift-tools-version: 6.3
import PackageDescription

/// Two programs that use probe's libraries from outside: build them with `swift build --package-path Docs/Examples`.
let package = Package(
  name: "probe-examples",
  dependencies: [.package(name: "probe", path: "../..")],
  targets: [
    .executableTarget(name: "parse-syn", dependencies: [.product(name: "Wire", package: "probe")]),
    .executableTarget(
      name: "list-handshakes",
      dependencies: [
        .product(name: "Capture", package: "probe"), .product(name: "Handshake", package: "probe"),
      ]),
  ]
)
