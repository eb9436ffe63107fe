extension ModelTCP {
  /// A rule that the model breaks: one requirement of a MUST, and nothing else.
  ///
  /// The numbers are those of the checks of `probe audit`; a check with two halves has a fault for each.
  public enum Fault: String, CaseIterable, Hashable, Sendable {
    // Handshake and options.
    case synNotCounted, wrapSkipsZero, scaleUnoffered, sackUnoffered, timestampsUnoffered, echoZero
    case synWindowScaled, windowNeverScaled, peerScaleIgnored, defaultMSSIgnored, offeredMSSIgnored
    case unknownOptionEndsList, unknownOptionDropsSYN, optionLengthZeroHangs, badOffsetAnswered
    case badChecksumSYNAccepted, badHeaderChecksumAccepted, broadcastAnswered, multicastSourceAnswered
    case echoOfECEAlone
    // CLOSED and LISTEN.
    case closedResetWithoutACK, closedResetAcknowledgesISS, closedTextNotCounted, closedResetFromZero
    case closedFINNotCounted, closedResetAnswered, listenResetAnswered, listenACKIgnored, listenResetFromZero
    case closedFloodMisnumbered
    // SYN-RECEIVED.
    case embryoTakesAnyACK, embryoDiesOfBadACK, synAgainNewISS, embryoIgnoresReset, embryoDiesOfOldReset
    case thirdSegmentFINIgnored, embryoTakesTextWithoutACK
    // ESTABLISHED.
    case synAccepted, synIgnored, resetIgnored, resetAnswered, anyResetKills, unsentACKAccepted, unsentACKIgnored
    case textBeyondWindowIgnored, oldTextIgnored, oldTextDelivered, keepAliveIgnored, textWithoutACKTaken
    case badChecksumTextAccepted, zeroWindowOverrun, zeroWindowNeverProbed, closedWindowProbeIgnored
    case closedWindowTakesOctet, fragmentationNeededIgnored, fragmentationNeededUnverified
    // Close.
    case finNotAcknowledged, lateTextUnanswered, finNotRetransmitted, finWithTextIgnored, finAgainIgnored
    case halfCloseDropsText, simultaneousCloseIgnored, timeWaitSilent
    // The peer as client, and what holds of every segment.
    case simultaneousOpenReset, paddingNotZero, mssOnEverySegment

    /// The check that must fail.
    public var check: Int { row.check }
    /// What the model does wrong.
    public var meaning: String { row.meaning }

    private var row: (check: Int, meaning: String) {
      handshakeRow ?? portRow ?? embryoRow ?? establishedRow ?? closeRow
    }

    private var handshakeRow: (check: Int, meaning: String)? {
      switch self {
      case .synNotCounted: (1, "its SYN-ACK acknowledges the ISS, not ISS+1")
      case .wrapSkipsZero: (2, "an ISS of 0xffffffff is acknowledged by 1")
      case .scaleUnoffered: (4, "its SYN-ACK has window scale though the SYN has none")
      case .sackUnoffered: (5, "its SYN-ACK has SACK-permitted though the SYN has none")
      case .timestampsUnoffered: (6, "its SYN-ACK has timestamps though the SYN has none")
      case .echoZero: (7, "the TSecr of its SYN-ACK is 0")
      case .synWindowScaled: (9, "the window of its SYN-ACK is scaled")
      case .windowNeverScaled: (9, "the windows of its later segments are not scaled")
      case .peerScaleIgnored: (9, "it takes our later windows as unscaled")
      case .defaultMSSIgnored: (11, "without an MSS option it sends segments of Ethernet's size")
      case .offeredMSSIgnored: (12, "it sends segments larger than the MSS option says")
      case .unknownOptionEndsList: (15, "options behind an unknown one are not read")
      case .unknownOptionDropsSYN: (15, "a SYN with an unknown option is dropped")
      case .optionLengthZeroHangs: (16, "it hangs on an option of length 0")
      case .badOffsetAnswered: (19, "a SYN with an impossible data offset is answered")
      case .badChecksumSYNAccepted: (20, "a SYN with a wrong TCP checksum is answered")
      case .badHeaderChecksumAccepted: (21, "a SYN with a wrong IP header checksum is answered")
      case .broadcastAnswered: (29, "a SYN to a broadcast or multicast address is answered")
      case .multicastSourceAnswered: (29, "a SYN from a multicast address is answered")
      case .echoOfECEAlone: (31, "a SYN with ECE and without CWR gets a SYN-ACK with ECE")
      default: nil
      }
    }

    private var portRow: (check: Int, meaning: String)? {
      switch self {
      case .closedResetWithoutACK: (37, "a closed port answers a SYN by RST without ACK")
      case .closedResetAcknowledgesISS: (37, "a closed port answers a SYN by an RST that acknowledges the ISS")
      case .closedTextNotCounted: (38, "a closed port does not count the text of a SYN")
      case .closedResetFromZero: (39, "a closed port answers an ACK by an RST of sequence number 0")
      case .closedFINNotCounted: (40, "a closed port does not count a FIN")
      case .closedResetAnswered: (41, "a closed port answers an RST")
      case .listenResetAnswered: (42, "a listening port answers an RST")
      case .listenACKIgnored: (43, "a listening port does not answer an ACK")
      case .listenResetFromZero: (43, "a listening port answers an ACK by an RST of sequence number 0")
      case .closedFloodMisnumbered: (48, "behind the twentieth RST of a second they acknowledge 0")
      default: nil
      }
    }

    private var embryoRow: (check: Int, meaning: String)? {
      switch self {
      case .embryoTakesAnyACK: (50, "SYN-RECEIVED takes an ACK of what was never sent")
      case .embryoDiesOfBadACK: (50, "SYN-RECEIVED ends at an ACK of what was never sent")
      case .synAgainNewISS: (51, "the same SYN gets another ISN the second time")
      case .embryoIgnoresReset: (54, "SYN-RECEIVED ignores an RST at RCV.NXT")
      case .embryoDiesOfOldReset: (56, "SYN-RECEIVED ends at an RST outside of the window")
      case .thirdSegmentFINIgnored: (58, "a FIN in the third segment is ignored")
      case .embryoTakesTextWithoutACK: (59, "SYN-RECEIVED takes text without ACK")
      default: nil
      }
    }

    private var establishedRow: (check: Int, meaning: String)? {
      switch self {
      case .synAccepted: (64, "a SYN in ESTABLISHED begins another connection")
      case .synIgnored: (64, "a SYN in ESTABLISHED is not answered")
      case .resetIgnored: (65, "an RST at RCV.NXT is ignored")
      case .resetAnswered: (65, "an RST at RCV.NXT is answered by RST")
      case .anyResetKills: (67, "an RST outside of the window ends the connection")
      case .unsentACKAccepted: (68, "text with an ACK of what was never sent is taken")
      case .unsentACKIgnored: (68, "an ACK of what was never sent is not answered")
      case .textBeyondWindowIgnored: (70, "text beyond the window is not answered")
      case .oldTextIgnored: (71, "text left of the window is not answered")
      case .oldTextDelivered: (71, "text left of the window is delivered again")
      case .keepAliveIgnored: (73, "a keep-alive probe is not answered")
      case .textWithoutACKTaken: (74, "text without ACK is taken")
      case .badChecksumTextAccepted: (77, "text with a wrong checksum is taken")
      case .zeroWindowOverrun: (80, "it sends text into a closed window")
      case .zeroWindowNeverProbed: (80, "it never probes a closed window")
      case .closedWindowProbeIgnored: (81, "a probe of its closed window is not answered")
      case .closedWindowTakesOctet: (81, "it takes text into its closed window")
      case .fragmentationNeededIgnored: (83, "fragmentation needed does not make its segments smaller")
      case .fragmentationNeededUnverified: (83, "fragmentation needed is believed whatever it quotes")
      default: nil
      }
    }

    private var closeRow: (check: Int, meaning: String) {
      switch self {
      case .finNotAcknowledged: (86, "the answer to a FIN does not acknowledge it")
      case .lateTextUnanswered: (86, "text behind the end of a connection is not answered")
      case .finNotRetransmitted: (87, "its FIN is sent once")
      case .finWithTextIgnored: (88, "a FIN behind text is ignored")
      case .finAgainIgnored: (90, "a repeated FIN is not answered")
      case .halfCloseDropsText: (92, "it discards what it has to send when the other end closes")
      case .simultaneousCloseIgnored: (93, "a FIN in FIN-WAIT-1 is ignored")
      case .timeWaitSilent: (97, "TIME-WAIT answers nothing")
      case .simultaneousOpenReset: (106, "a SYN in SYN-SENT is answered by RST")
      case .paddingNotZero: (108, "octets behind end-of-list are not zero")
      default: (108, "segments without SYN have an MSS option")
      }
    }
  }
}
