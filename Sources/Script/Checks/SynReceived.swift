extension Checks {
  /// Between SYN-ACK and the handshake's ACK.
  static let synReceived = Group(
    name: "syn-received", title: "SYN-RECEIVED",
    text: #"""
      check 50 embryo-bad-ack
      level: must
      source: RFC 9293 §3.10.7.4, fifth
      asks: An ACK of what was not sent is answered by an RST at its acknowledgment number, and the connection still completes.
      each: $ack = 2 0
      half
      > . 1:1(0) ack $ack
      < R seq=$ack
      | R. seq=$ack note: RST,ACK in place of RST
      | R fail: another sequence number
      > . 1:1(0) ack 1
      alive

      check 51 embryo-syn-again
      level: must
      source: RFC 9293 §3.10.7.4, RFC 5961 §4
      asks: The same SYN again is answered by the same SYN-ACK, or by a challenge ACK.
      half
      +0.6 > S 0:0(0) win 65535 <mss 1460>
      < S. 0:0(0) ack 1 within 3
      | . 1:1(0) ack 1 pass: a challenge ACK
      | S. fail: another initial sequence number
      | R. fail: it is reset
      | R fail: it is reset
      | silence inconclusive: no answer
      > . 1:1(0) ack 1
      alive

      check 52 embryo-syn-ahead
      level: should
      source: RFC 9293 §3.10.7.4, fourth
      asks: A SYN inside the window returns a passive open to LISTEN; it is dropped, challenged or reset.
      half
      +0.6 > S 1000:1000(0) win 65535 <mss 1460>
      < R. ack=1001 within 0.45
      | R pass: reset
      | . 1:1(0) ack 1 pass: a challenge ACK
      | S. ack=1001 note: it answers the new SYN
      | silence pass: dropped

      check 53 embryo-syn-behind
      level: should
      source: RFC 9293 §3.10.7.4, first
      asks: A SYN before the window is answered by an ACK, or dropped.
      half
      +0.6 > S -100000(0) win 65535 <mss 1460>
      < . 1:1(0) ack 1 within 0.45
      | R. fail: it resets
      | R fail: it resets
      | S. ack=-99999 fail: it answers the old SYN
      | silence pass: dropped
      > . 1:1(0) ack 1
      alive

      check 54 embryo-rst
      level: must
      source: RFC 9293 §3.10.7.4, second
      asks: An RST at RCV.NXT returns the port to LISTEN, and later data is reset.
      half
      > R 1:1(0)
      silence 0.2
      > P. 1:2(1) ack 1
      < R seq=1
      | R. seq=1 note: RST,ACK in place of RST
      | ? ack=2 fail: the connection goes on
      | R fail: another sequence number
      | R. fail: another sequence number
      | silence inconclusive: no answer to data

      check 55 embryo-rst-ahead
      level: should
      source: RFC 5961 §3.2
      asks: An RST at RCV.NXT+1 is answered by a challenge ACK, and the connection survives.
      half
      > R 2:2(0)
      < . 1:1(0) ack 1 within 0.45
      | silence note: no challenge ACK
      > . 1:1(0) ack 1
      > P. 1:2(1) ack 1
      < ? ack=2
      | R note: any reset in the window is taken (RFC 793)
      | silence inconclusive: no answer to data

      check 56 embryo-rst-outside
      level: must
      source: RFC 9293 §3.10.7.4, first
      asks: An RST outside of the window is dropped, and the connection survives.
      each: $seq = -1000 1073741824
      half
      > R $seq(0)
      silence 0.45
      | . 1:1(0) ack 1 pass: an ACK
      > . 1:1(0) ack 1
      alive

      check 57 third-with-data
      level: info
      source: RFC 9293 §3.10.7.4
      asks: Data in the segment that completes the handshake is acknowledged.
      half
      > P. 1:6(5) ack 1
      < . ack 6
      | F. ack=6 pass
      | F. ack=7 pass
      | ? ack=1 note: the data is not taken
      | R note: it is reset
      | R. note: it is reset
      | silence note: the data is not acknowledged

      check 58 third-with-fin
      level: must
      source: RFC 9293 §3.10.7.4
      asks: A FIN in the segment that completes the handshake is acknowledged.
      half
      > F. 1:1(0) ack 1
      < . ack 2 within 3
      | F. ack 2 pass
      | R. ack 2 note: the application resets
      | R fail: it is reset
      | silence fail: the FIN is not acknowledged

      check 59 embryo-no-ack
      level: must
      source: RFC 9293 §3.10.7.4, fifth
      asks: A segment without ACK is dropped, and the connection still completes.
      each: $segment = F~1:1(0) P~1:6(5)
      half
      > $segment
      silence 0.45
      > . 1:1(0) ack 1
      alive

      check 60 split-handshake
      level: info
      source: RFC 9293 §3.5, figure 8
      asks: A SYN-ACK in place of the handshake's ACK is answered by an ACK.
      half
      > S. 0:0(0) ack 1 win 65535 <mss 1460>
      < . 1:1(0) ack 1
      | R. note: it is reset
      | R note: it is reset
      | silence note: it is dropped

      check 61 synack-retransmission
      level: should
      source: RFC 6298 §2, RFC 9293 §3.8.1
      asks: A SYN-ACK that is not acknowledged is retransmitted with the same numbers, at least twice in 8 s.
      half
      collect 8 S. 0:0(0) ack 1 count>=2
      | S. fail: another initial sequence number
      | R. note: an RST ends it
      | R note: an RST ends it
      | silence note: fewer than two copies

      check 62 accept-deferred
      level: info
      source: RFC 9293 §3.5
      asks: After the handshake's ACK the SYN-ACK is not retransmitted; it is if the listener waits for data, or its queue is full.
      open
      silence 8
      | S. note: SYN-ACK again after the handshake's ACK (TCP_DEFER_ACCEPT, or a full queue)
      | ? ignore

      check 63 embryo-icmp
      level: should
      source: RFC 9293 §3.9.2.2, MUST-56
      asks: ICMP errors that a path may recover from (unreachable, time exceeded, parameter problem) do not abort the connection.
      each: $error = 3/0|1/0 3/1|1/3 11/0|3/0 12/0|4/0
      half
      > icmp $error
      +0.1 > . 1:1(0) ack 1
      > P. 1:2(1) ack 1
      < ? ack=2
      | R fail: the error aborts it
      | silence inconclusive: no answer to data
      """#)
}
