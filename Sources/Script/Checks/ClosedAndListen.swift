extension Checks {
  /// What closed ports and listening ones answer.
  static let listening = Group(
    name: "listen", title: "Closed ports and LISTEN",
    text: #"""
      check 37 closed-syn
      level: must
      source: RFC 9293 §3.5.2, §3.10.7.1
      port: closed
      asks: A SYN to a closed port is answered by RST,ACK with sequence number 0 that acknowledges ISS+1.
      > S 0:0(0) win 65535 <mss 1460>
      < R. 0:0(0) ack 1
      | R. fail: another sequence or acknowledgment number
      | R fail: an RST without ACK, which a client ignores
      | silence inconclusive: no answer

      check 38 closed-syn-data
      level: must
      source: RFC 9293 §3.5.2, §3.10.7.1
      port: closed
      asks: The RST,ACK that answers a SYN with 5 bytes of data acknowledges ISS+6.
      > S 0:5(5) win 65535 <mss 1460>
      < R. 0:0(0) ack 6
      | R. ack 1 fail: the data is not counted
      | R. fail: another sequence or acknowledgment number
      | R fail: an RST without ACK
      | silence inconclusive: no answer

      check 39 closed-ack
      level: must
      source: RFC 9293 §3.5.2, §3.10.7.1
      port: closed
      asks: A segment with ACK to a closed port is answered by an RST at its acknowledgment number, without ACK.
      each: $flags = . S. F.
      > $flags 1000:1000(0) ack 5000
      < R seq=5000
      | R. seq=5000 note: RST,ACK in place of RST
      | R fail: another sequence number
      | R. fail: another sequence number
      | silence inconclusive: no answer

      check 40 closed-no-ack
      level: must
      source: RFC 9293 §3.5.2, §3.10.7.1
      port: closed
      asks: A segment without ACK to a closed port is answered by RST,ACK that acknowledges its end; FIN counts one.
      each: $flags/$numbers/$end = F/1000:1000(0)/1001 -/1000:1000(0)/1000 -/1000:1004(4)/1004 FPU/1000:1000(0)/1001
      > $flags $numbers
      < R. 0:0(0) ack=$end
      | R. fail: another sequence or acknowledgment number
      | R fail: an RST without ACK
      | silence inconclusive: no answer

      check 41 closed-rst
      level: must
      source: RFC 9293 §3.5.2, §3.10.7.1
      port: closed
      asks: An RST to a closed port is not answered.
      each: $reset = R~1000:1000(0) R.~1000:1000(0)~ack~5000
      > $reset
      silence 0.45
      refuses

      check 42 listen-rst
      level: must
      source: RFC 9293 §3.10.7.2
      asks: An RST to a listening port is not answered.
      each: $reset = R~1000:1000(0) R.~1000:1000(0)~ack~5000
      > $reset
      silence 0.45
      half

      check 43 listen-ack
      level: must
      source: RFC 9293 §3.10.7.2
      asks: A segment with ACK to a listening port is answered by an RST at its acknowledgment number, without ACK.
      each: $flags = . S. F.
      > $flags 1000:1000(0) ack 5000
      < R seq=5000
      | R. seq=5000 note: RST,ACK in place of RST
      | R fail: another sequence number
      | R. fail: another sequence number

      check 44 listen-no-ack
      level: should
      source: RFC 9293 §3.10.7.2
      asks: A segment without SYN, ACK and RST to a listening port is dropped; old stacks reset it.
      each: $flags = F - FPU
      > $flags 1000:1000(0)
      silence 0.45
      | R. note: it is reset
      | R note: it is reset
      half

      check 45 listen-syn-rst
      level: should
      source: RFC 9293 §3.10.7.2
      asks: A SYN with RST to a listening port is dropped, since RST is looked at first.
      > SR 0:0(0)
      silence 0.45
      | S. fail: the SYN is taken
      | R. note: it is reset
      | R note: it is reset
      half

      check 46 listen-syn-fin
      level: info
      source: RFC 9293 §3.10.7.2
      asks: A SYN with FIN to a listening port is answered as a SYN, or dropped.
      > SF 0:0(0) win 65535 <mss 1460>
      < S. ack 1
      | S. ack 2 pass: the FIN is counted
      | R. note: it is reset
      | R note: it is reset
      | silence pass: it is dropped

      check 47 listen-syn-psh-urg
      level: should
      source: RFC 9293 §3.10.7.2
      asks: A SYN with PSH and URG is answered as a SYN.
      > SPU 0:0(0) win 65535 <mss 1460>
      < S. 0:0(0) ack 1 within 3
      | R. fail: it is reset
      | R fail: it is reset
      | silence note: it is dropped

      check 48 closed-flood
      level: must
      source: RFC 9293 §3.5.2
      port: closed
      asks: Of 200 SYNs at once to a closed port all are reset like a single one, or as many as a limit allows.
      > S 0:0(0) win 65535 <mss 1460>
      < R. seq=$seq ack=$ack
      | R not-applicable: its RST has no ACK (see 37)
      | silence inconclusive: no answer
      > S 0:0(0) win 65535 <mss 1460> copies=200
      collect 1 R. seq=$seq ack=$ack count>=200
      | R. fail: other numbers than those of a single RST
      | silence note: resets are limited
      refuses

      check 49 other-port
      level: info
      source: RFC 1122 §4.2.3.9, RFC 1812 §5.2.7.1
      port: other
      asks: How a port that hardly anything listens on answers a SYN, by reset, by an ICMP error or not at all.
      > S 0:0(0) win 65535 <mss 1460>
      < R. ack 1
      | S. note: it accepts connections
      | icmp 3/3|1/4 pass: port unreachable
      | icmp 3/13|1/1 pass: prohibited by a filter
      | icmp 3/10|1/1 pass: host prohibited by a filter
      | icmp 3/9|1/5 pass: prohibited by a filter
      | icmp 3/1|1/3 pass: host unreachable
      | silence pass: dropped
      """#)
}
