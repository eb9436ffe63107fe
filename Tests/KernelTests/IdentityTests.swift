import Testing

@testable import Kernel

/// Who is behind a run as root.
@Suite struct IdentityTests {
  @Test(
    "sudo's variables, and what is none of sudo's",
    arguments: [
      ("1000", "1000", Identity(user: 1_000, group: 1_000)), ("1000", "0", Identity(user: 1_000, group: 0)),
      ("4294967294", "1", Identity(user: 4_294_967_294, group: 1)), ("0", "0", nil), ("4294967295", "1", nil),
      ("1000", "4294967295", nil), ("1000", nil, nil), (nil, "1000", nil), ("", "1000", nil), ("-1", "1", nil),
      ("+1000", "1", nil), (" 1000", "1", nil), ("1000x", "1", nil), ("99999999999", "1", nil), ("１", "1", nil),
    ] as [(String?, String?, Identity?)])
  func invoker(_ user: String?, _ group: String?, _ expected: Identity?) {
    #expect(Identity.invoker { $0 == "SUDO_UID" ? user : $0 == "SUDO_GID" ? group : "7" } == expected)
  }
}
