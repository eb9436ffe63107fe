import Kernel

/// How far a run is confined once it is sealed (`--sandbox`).
public enum Sandbox: String, Hashable, Sendable, CaseIterable {
  /// As far as this system allows.
  case auto
  /// In every way, or not at all: the run is refused where one is missing.
  case strict
  /// Privileges alone are given up.
  case off
}

/// Which of the ways hold.
struct Layers {
  /// Whether privileges are gone from every set, the bounding set included.
  var capabilities = true
  /// Whether root was left, or was never there; true too where it has files to rename.
  var user = true
  /// The version of Landlock that shuts files and ports; nil where none does.
  var landlock: Int?
  /// Whether system calls are filtered.
  var seccomp = false

  /// Those that do not hold, in words.
  var missing: [String] {
    var list: [String] = []
    if !capabilities { list.append("an empty bounding set (CAP_SETPCAP or user namespaces)") }
    if !user { list.append("another user than root") }
    if landlock == nil { list.append("Landlock") }
    if !seccomp { list.append("seccomp") }
    return list
  }
}
