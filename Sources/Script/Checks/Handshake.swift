extension Checks {
  /// The handshake and its options.
  static let handshake = Group(
    name: "handshake", title: "Handshake and options",
    text: #"""
      check 1 syn-answered
      level: must
      source: RFC 9293 §3.5, §3.10.7.2
      asks: A SYN to a listening port is answered by a SYN-ACK that acknowledges ISS+1.
      > S 0:0(0) win 65535 <mss 1460>
      < S. 0:0(0) ack 1 within 3
      | S. fail: it acknowledges another number

      check 2 iss-wraps
      level: must
      source: RFC 9293 §3.4
      asks: A SYN with the highest sequence number, 4294967295, is acknowledged by 0.
      iss: 4294967295
      > S 0:0(0) win 65535 <mss 1460>
      < S. 0:0(0) ack 1 within 3
      | S. fail: it acknowledges another number
      > . 1:1(0) ack 1
      alive

      check 3 mss-sent
      level: should
      source: RFC 9293 §3.7.1, SHLD-5, MUST-14
      asks: The SYN-ACK has a Maximum Segment Size option, unless the default is meant.
      > S 0:0(0) win 65535 <mss 1460>
      < S. ack 1 mss=$mss within 3
      | S. note: no MSS option, so the default counts

      check 4 wscale-unoffered
      level: must
      source: RFC 7323 §2.2
      asks: A SYN without a Window Scale option is answered by a SYN-ACK without one.
      > S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1000 ecr 0>
      < S. ack 1 no:wscale within 3
      | S. has:wscale fail: window scale though none was offered

      check 5 sack-unoffered
      level: must
      source: RFC 2018 §2
      asks: A SYN without SACK-permitted is answered by a SYN-ACK without it.
      > S 0:0(0) win 65535 <mss 1460,nop,wscale 7,TS val 1000 ecr 0>
      < S. ack 1 no:sackOK within 3
      | S. has:sackOK fail: SACK-permitted though it was not offered

      check 6 timestamps-unoffered
      level: must
      source: RFC 7323 §3.2
      asks: A SYN without timestamps is answered by a SYN-ACK without them.
      > S 0:0(0) win 65535 <mss 1460,sackOK,nop,wscale 7>
      < S. ack 1 no:TS within 3
      | S. has:TS fail: timestamps though none were offered

      check 7 tsecr-echoed
      level: must
      source: RFC 7323 §3.2
      asks: TSecr of the SYN-ACK is TSval of the SYN, 0 included.
      each: $ts = 305419896 0
      > S 0:0(0) win 65535 <mss 1460,TS val $ts ecr 0>
      < S. ack 1 tsecr=$ts within 3
      | S. no:TS not-applicable: it sends no timestamps
      | S. fail: it echoes another value

      check 8 options-alone
      level: info
      source: RFC 7323 §2.2, §3.2, RFC 2018 §2
      asks: Each option offered alone is answered by no other but MSS.
      each: $offer/$others = mss~1460/no:wscale~no:sackOK~no:TS wscale~7/no:sackOK~no:TS sackOK/no:wscale~no:TS TS~val~7~ecr~0/no:wscale~no:sackOK
      > S 0:0(0) win 65535 <$offer>
      < S. ack 1 $others within 3
      | S. note: an option that was not offered

      check 9 window-scaled
      level: must
      source: RFC 7323 §2.2, §2.3
      asks: Once window scaling is agreed, windows of segments without SYN count scaled: 8 with a shift of 7 is room for 1024 bytes.
      > S 0:0(0) win 65535 <mss 1460,nop,wscale 7>
      < S. ack 1 has:wscale within 3
      | S. not-applicable: it does not scale windows
      > . 1:1(0) ack 1 win 8
      ask win 8
      < ? len>8 within 3
      | ? len=8 fail: it takes the window as unscaled
      | ? len>0 ignore
      | R inconclusive: the request was reset
      | silence not-applicable: the service sends nothing, or little at once (see --request)

      check 9 window-scaled
      level: must
      source: RFC 7323 §2.2, §2.3
      asks: The window of a SYN-ACK is not scaled, and those of later segments are.
      > S 0:0(0) win 65535 <mss 1460,nop,wscale 7>
      < S. ack 1 wscale>0 win=$first within 3
      | S. not-applicable: it does not scale windows
      > . 1:1(0) ack 1
      > . 0:0(0) ack 1
      < . 1:1(0) ack 1 win=$later within 1
      | R inconclusive: the connection was reset
      | silence inconclusive: a keep-alive probe is not answered
      require $later!=$first
      | else fail: the window of the SYN-ACK is scaled, or later ones are not

      check 10 wscale-15
      level: should
      source: RFC 7323 §2.3
      asks: A shift of 15 is answered; 14 is used.
      > S 0:0(0) win 65535 <mss 1460,nop,wscale 15>
      < S. ack 1 within 3
      | R fail: the SYN is reset

      check 11 default-mss
      level: must
      source: RFC 9293 §3.7.1, MUST-15
      asks: Without an MSS option in our SYN, segments carry at most 536 bytes over IPv4, 1220 over IPv6.
      # Offload merges segments that arrive together; a retransmission arrives alone.
      > S 0:0(0) win 65535
      < S. ack 1 within 3
      > . 1:1(0) ack 1
      acks off
      ask
      < ? again=1 len>=268 len<=$default.mss within 4
      | ? again=1 len>$default.mss fail: longer than the default
      | R inconclusive: the request was reset
      | silence not-applicable: the service sends too little (see --request)

      check 12 mss-honoured
      level: must
      source: RFC 9293 §3.7.1, MUST-16
      asks: With an MSS of 300, segments carry at most 300 bytes.
      # Offload merges segments that arrive together; a retransmission arrives alone.
      > S 0:0(0) win 65535 <mss 300>
      < S. ack 1 within 3
      > . 1:1(0) ack 1
      acks off
      ask
      < ? again=1 len>=150 len<=300 within 4
      | ? again=1 len>300 fail: longer than our MSS
      | R inconclusive: the request was reset
      | silence not-applicable: the service sends too little (see --request)

      check 13 mss-1
      level: should
      source: RFC 9293 §3.7.1
      tier: intrusive
      asks: An MSS of 1 is survived, and a larger floor is used.
      > S 0:0(0) win 65535 <mss 1>
      < S. ack 1 within 3
      | R note: the SYN is reset
      | silence note: the SYN is dropped
      > . 1:1(0) ack 1
      ask
      < ? len>1 len=$floor within 3
      | ? len=1 note: it sends one byte a segment
      | silence not-applicable: the service sends nothing (see --request)

      check 14 mss-0
      level: should
      source: RFC 9293 §3.7.1
      tier: intrusive
      asks: An MSS of 0 is survived.
      > S 0:0(0) win 65535 <mss 0>
      < S. ack 1 within 1
      | R pass
      | silence pass: the SYN is dropped

      check 15 unknown-option
      level: must
      source: RFC 9293 §3.1, MUST-6
      asks: An option of an unknown kind is ignored, and the ones behind it count.
      > S 0:0(0) win 65535 <raw 250 6 1 2 3 4,mss 1460,sackOK>
      < S. ack 1 has:sackOK within 3
      | S. note: SACK-permitted behind it is not answered
      | R fail: the SYN is reset

      check 15 unknown-option
      level: must
      source: RFC 9293 §3.1, MUST-6
      asks: An option of an unknown kind is ignored, and the MSS behind it counts.
      > S 0:0(0) win 65535 <raw 250 6 1 2 3 4,mss 300>
      < S. ack 1 within 3
      | R fail: the SYN is reset
      > . 1:1(0) ack 1
      acks off
      ask
      < ? again=1 len>=150 len<=300 within 4
      | ? again=1 len>300 fail: the MSS behind it is not read
      | R inconclusive: the request was reset
      | silence not-applicable: the service sends less than 150 bytes (see --request)

      check 16 option-length-illegal
      level: must
      source: RFC 9293 §3.1, MUST-7
      tier: intrusive
      asks: An option with a length of 0, of 1, or beyond the header is survived: an answer, a reset or silence.
      each: $octets = 250~0~1~1 250~1~1~1 250~40~1~1 2~0~5~180
      > S 0:0(0) win 65535 <raw $octets>
      < S. ack 1 within 1
      | R. pass
      | R pass
      | silence pass: the SYN is dropped

      check 17 mss-length-wrong
      level: should
      source: RFC 9293 §3.1, MUST-7
      tier: intrusive
      asks: An MSS option of 5 bytes is ignored.
      > S 0:0(0) win 65535 <raw 2 5 1 44 0>
      < S. ack 1 within 1
      | R note: the SYN is reset
      | silence note: the SYN is dropped

      check 18 reserved-bits
      level: should
      source: RFC 9293 §3.1
      asks: Reserved bits in a SYN are ignored, and not reflected.
      > 0xe02 0:0(0) win 65535 <mss 1460>
      < S. ack 1 within 3
      | S.+ res>0 fail: it reflects them
      | R fail: the SYN is reset
      | silence note: the SYN is dropped

      check 19 data-offset-impossible
      level: must
      source: RFC 9293 §3.1
      tier: intrusive
      asks: A SYN with a data offset below 5 or beyond the segment is dropped.
      each: $offset = 0 4 15
      > S 0:0(0) win 65535 <mss 1460> offset=$offset
      silence 0.45

      check 20 checksum-wrong
      level: must
      source: RFC 9293 §3.1, MUST-3
      asks: A SYN with a wrong checksum is dropped.
      > S 0:0(0) win 65535 <mss 1460> checksum=bad
      silence 0.45

      check 21 ip-checksum-wrong
      level: must
      source: RFC 1122 §3.2.1.2
      asks: A SYN whose IPv4 header has a wrong checksum is dropped.
      family: 4
      > S 0:0(0) win 65535 <mss 1460> ipchecksum=bad
      silence 0.45

      check 22 syn-with-data
      level: should
      source: RFC 9293 §3.10.7.2
      asks: A SYN with 10 bytes of data is answered, with or without an acknowledgment of the data.
      > S 0:10(10) win 65535 <mss 1460>
      < S. ack 1 within 3
      | S. ack 11 pass: the data is acknowledged
      | R fail: the SYN is reset
      | silence note: the SYN is dropped

      check 23 ip-options
      level: info
      source: RFC 1122 §4.2.3.8
      asks: A SYN with IPv4 options (no operation, record route) is answered, or dropped on the way.
      family: 4
      each: $options = 1,1,1,1 7,7,4,0,0,0,0,0
      > S 0:0(0) win 65535 <mss 1460> ipoptions=$options
      < S. ack 1 within 1
      | silence note: the SYN is dropped

      check 24 source-route
      level: should
      source: RFC 7126 §4.3.5
      tier: intrusive
      asks: A SYN with a loose source route to another hop is dropped.
      family: 4
      > S 0:0(0) win 65535 <mss 1460> ipoptions=131,7,4,192,0,2,1,0
      silence 0.45
      | icmp 3/5 pass: source route failed

      check 25 fragments
      level: should
      source: RFC 1122 §3.3.2
      asks: A SYN in two fragments is put together and answered.
      > S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1000 ecr 0,nop,wscale 7> fragments=24
      < S. ack 1 within 1
      | silence note: fragments are dropped

      check 26 tiny-fragments
      level: info
      source: RFC 1858 §3, RFC 3128 §2
      asks: A SYN whose flags stand in the second fragment is answered, or dropped as an attack.
      > S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1000 ecr 0,nop,wscale 7> fragments=8
      < S. ack 1 within 1
      | silence note: tiny fragments are dropped

      check 27 extension-headers
      level: info
      source: RFC 8200 §4
      asks: A SYN behind an IPv6 extension header is answered, or dropped by policy.
      family: 6
      each: $header = hop-by-hop destination routing fragment
      > S 0:0(0) win 65535 <mss 1460> extensions=$header
      < S. ack 1 within 1
      | silence note: the SYN is dropped

      check 28 port-zero
      level: info
      source: RFC 6335 §6
      tier: intrusive
      asks: A SYN from source port 0 is answered or dropped.
      end not-applicable: an answer to port 0 is for no connection of ours

      check 29 broadcast
      level: must
      source: RFC 9293 §3.9.2.3, MUST-57, MUST-63
      asks: A SYN to a broadcast or multicast address is dropped.
      end not-applicable: it has to be asked on the target's own link, and other hosts would receive it

      check 30 ecn
      level: info
      source: RFC 3168 §6.1.1
      asks: An ECN-setup SYN (ECE and CWR) is answered with ECE alone, or without ECN.
      > SEW 0:0(0) win 65535 <mss 1460>
      < SE. ack 1 within 3
      | S. ack 1 pass: no ECN
      | SEW. note: it reflects both bits, and means no ECN
      | silence note: the SYN is dropped

      check 31 ece-alone
      level: must
      source: RFC 3168 §6.1.1.1
      asks: A SYN with ECE alone is no ECN-setup SYN, and answered without ECE.
      > SE 0:0(0) win 65535 <mss 1460>
      < S. ack 1 within 3
      | SE. fail: ECE though ECN was not offered
      | silence note: the SYN is dropped

      check 33 fast-open
      level: info
      source: RFC 7413 §4.1.1
      asks: A request for a Fast Open cookie is answered with one, or not.
      > S 0:0(0) win 65535 <mss 1460,raw 34 2>
      < S. ack 1 has:tfo within 3
      | S. ack 1 pass: no cookie
      | silence note: the SYN is dropped

      check 34 multipath
      level: info
      source: RFC 8684 §3.1
      asks: MP_CAPABLE of MPTCP version 1 is answered with a key, or not.
      > S 0:0(0) win 65535 <mss 1460,raw 30 4 1 1>
      < S. ack 1 has:mptcp within 3
      | S. ack 1 pass: no MPTCP
      | silence note: the SYN is dropped

      check 35 signatures
      level: info
      source: RFC 2385 §2, RFC 5925 §7.3
      asks: A SYN with an MD5 or AO signature that was not agreed is dropped, or answered without one.
      each: $octets = 19~18~0~0~0~0~0~0~0~0~0~0~0~0~0~0~0~0 29~16~1~1~0~0~0~0~0~0~0~0~0~0~0~0
      > S 0:0(0) win 65535 <mss 1460,raw $octets>
      < S. ack 1 within 1
      | R pass: reset
      | silence pass: dropped

      check 36 ip-fields
      level: info
      source: RFC 791 §3.1, RFC 1122 §3.2.1
      asks: Time to live, don't fragment and type of service of the SYN-ACK.
      > S 0:0(0) win 65535 <mss 1460>
      < S. ack 1 ttl=$ttl df=$df tos=$tos within 3

      check 108 options-clean
      level: must
      source: RFC 9293 §3.1, MUST-69, §3.2, MUST-65
      asks: Bytes behind an end of option list are zero, and only a SYN has an MSS option.
      > S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1000 ecr 0,nop,wscale 7>
      < S. ack 1 padding=0 within 3
      | S. fail: bytes behind the end of the list are not zero
      > . 1:1(0) ack 1
      > P. 1:2(1) ack 1
      < ? ack=2 no:mss padding=0 within 1
      | ? has:mss fail: an MSS option without SYN
      | R inconclusive: the connection was reset
      | silence inconclusive: data is not acknowledged
      """#)
}
