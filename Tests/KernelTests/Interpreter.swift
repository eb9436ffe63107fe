// A little machine for classic BPF (filter.rst), written from its description alone, to judge filters by packets.

import CLinux

@testable import Kernel

/// How much of the packet the program keeps: 0 refuses it.
///
/// Jumps only go forward, so that it always ends.
func run(_ program: FilterProgram, on packet: [UInt8]) -> UInt32 {
  var a: UInt32 = 0
  var x: UInt32 = 0
  var counter = 0
  func load(_ offset: Int, _ size: Int) -> UInt32? {
    guard offset >= 0, offset + size <= packet.count else { return nil }
    return packet[offset..<offset + size].reduce(0) { $0 << 8 | UInt32($1) }
  }
  while counter < program.instructions.count {
    let now = program.instructions[counter]
    counter += 1
    let operand = Int32(now.code) & 0x08 == BPF_X ? x : now.k
    switch Int32(now.code) {
    case BPF_LD | BPF_W | BPF_LEN: a = UInt32(packet.count)
    case BPF_LD | BPF_B | BPF_ABS, BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_B | BPF_IND, BPF_LD | BPF_H | BPF_IND:
      let base = Int32(now.code) & 0xe0 == BPF_IND ? Int(x) : 0
      guard let value = load(base + Int(now.k), Int32(now.code) & 0x18 == BPF_B ? 1 : 2) else { return 0 }
      a = value
    case BPF_LDX | BPF_B | BPF_MSH:
      guard let value = load(Int(now.k), 1) else { return 0 }
      x = (value & 15) * 4
    case BPF_ALU | BPF_SUB | BPF_X: a &-= operand
    case BPF_ALU | BPF_ADD | BPF_X: a &+= operand
    case BPF_ALU | BPF_AND | BPF_K: a &= operand
    case BPF_ALU | BPF_LSH | BPF_K: a <<= operand
    case BPF_MISC | BPF_TAX: x = a
    case BPF_JMP | BPF_JEQ | BPF_K: counter += Int(a == operand ? now.jt : now.jf)
    case BPF_JMP | BPF_JGE | BPF_K: counter += Int(a >= operand ? now.jt : now.jf)
    case BPF_JMP | BPF_JGT | BPF_K: counter += Int(a > operand ? now.jt : now.jf)
    case BPF_RET | BPF_K: return now.k
    default: preconditionFailure("an instruction that no filter of ours has: \(now)")
    }
  }
  preconditionFailure("a program without an end")
}
