extension Checks {
  /// Accurate ECN (RFC 9768): what each of the eight answers says.
  static let accECN = Group(
    name: "accecn", title: "Accurate ECN",
    text: #"""
      check 32 accecn
      level: info
      source: RFC 9768 §3.1.1, table 2
      asks: A SYN with AE, CWR and ECE is answered by AccECN, by classic ECN, or by no ECN.
      > SEWA 0:0(0) win 65535 <mss 1460>
      < SW. ack 1 within 3
      | SEW. ack 1 pass: AccECN, the SYN arrived as ECT(1)
      | S.A ack 1 pass: AccECN, the SYN arrived as ECT(0)
      | SW.A ack 1 pass: AccECN, the SYN arrived as CE
      | SE. ack 1 pass: classic ECN
      | S. ack 1 pass: no ECN
      | SEW.A ack 1 note: it reflects all three bits, so ECN cannot be used
      | SE.A ack 1 note: the reserved answer 101, which counts as AccECN
      | R note: the SYN is reset
      | silence note: the SYN is dropped

      check 110 accecn-options
      level: info
      source: RFC 9768 §3.2.3
      asks: Where AccECN is agreed, an AccECN option counts from 1; zeroed counters betray a middlebox.
      > SEWA 0:0(0) win 65535 <mss 1460>
      < SW. ack 1 within 3
      | SEW. ack 1 pass
      | S.A ack 1 pass
      | SW.A ack 1 pass
      | SE.A ack 1 pass
      | S.+ not-applicable: no AccECN
      | silence not-applicable: no answer
      > A. 1:1(0) ack 1 <raw 172 11 0 0 1 0 0 1 0 0 1,nop>
      > PA. 1:2(1) ack 1
      < ? ack=2 accecn>0 within 1
      | ? ack=2 accecn=0 note: its counters are zeroed: a middlebox changed them
      | ? ack=2 note: it sends no AccECN option
      | silence inconclusive: data is not acknowledged

      check 111 accecn-ecn-beside
      level: info
      source: RFC 3168 §6.1.1, RFC 9768 §3.1.2
      asks: A plain ECN-setup SYN is still answered as RFC 3168 says.
      > SEW 0:0(0) win 65535 <mss 1460>
      < SE. ack 1 within 3
      | S. ack 1 pass: no ECN
      | S.+ note: neither ECN nor none
      | silence note: the SYN is dropped
      """#)
}
