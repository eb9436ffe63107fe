/// What is wrong with a capture file, and where.
public struct CaptureFault: Error, Hashable, Sendable {
  /// What is wrong.
  public var kind: Kind
  /// Where the record, block or header at fault begins, in octets from the start of the file.
  public var offset: Int64
  /// Which record (pcap) or block (pcapng) of the file it is, from 1; 0 for the file's own header.
  public var record: Int

  /// What can be wrong with a capture file.
  public enum Kind: Hashable, Sendable {
    /// There is nothing in it.
    case empty
    /// It begins like no capture file.
    case notACapture
    /// It is compressed; the program that undoes that.
    case compressed(by: String)
    /// A capture in another program's format, by its name.
    case foreign(String)
    /// A version of its format that no one has described.
    case version(major: UInt16, minor: UInt16)
    /// It ends early: so many octets of the record are there, of so many.
    case cut(have: Int64, need: Int64)
    /// A length that leads nowhere: nothing behind it can be found.
    case length(UInt32)
    /// A block's two lengths differ: nothing behind it can be found.
    case lengths(UInt32, UInt32)
    /// A section begins without the mark that tells its byte order.
    case byteOrder(UInt32)
    /// A frame or a description longer than is kept in memory; it is passed over.
    case tooLong(UInt32)
    /// A frame that claims more octets than its block has; it is passed over.
    case overrun(captured: UInt32)
    /// A frame of an interface that the section does not describe; it is passed over.
    case undescribedInterface(UInt32)
    /// More interfaces than are kept in memory; what passed them is passed over.
    case tooManyInterfaces
    /// An interface's options that do not lie within its block; those before are used.
    case options
    /// A stamp whose fraction is a second or more; the frame is used.
    case fraction(UInt32)
  }

  /// A fault of this kind at this place.
  public init(_ kind: Kind, offset: Int64, record: Int) {
    self.kind = kind
    self.offset = offset
    self.record = record
  }

  /// Whether nothing more can be read.
  public var isFinal: Bool {
    switch kind {
    case .empty, .notACapture, .compressed, .foreign, .version, .cut, .length, .lengths, .byteOrder: true
    case .tooLong, .overrun, .undescribedInterface, .tooManyInterfaces, .options, .fraction: false
    }
  }

  /// Whether nothing at all could be read: it is not a file of a known format, rather than a damaged one.
  public var isRefusal: Bool {
    switch kind {
    case .empty, .notACapture, .compressed, .foreign: true
    case .version: record <= 1
    default: false
    }
  }
}

extension CaptureFault: CustomStringConvertible {
  /// One sentence for a person, without a full stop: `record 3 at octet 120: it ends early, …`.
  public var description: String {
    isRefusal ? words : "\(record == 0 ? "header" : "record \(record)") at byte \(offset): \(words)"
  }

  private var words: String {
    switch kind {
    case .empty: "the file is empty"
    case .notACapture: "neither pcap nor pcapng; if it is a capture, convert it: editcap -F pcapng FILE NEW.pcapng"
    case .compressed("zip"): "compressed with zip; expand it first, as in unzip -p FILE | probe read -"
    case .compressed(let program):
      "compressed with \(program); expand it first, as in \(program) -dc FILE | probe read -"
    case .foreign(let name): "\(name), neither pcap nor pcapng; convert it: editcap -F pcapng FILE NEW.pcapng"
    case .version(let major, let minor): "format version \(major).\(minor) is not supported"
    case .cut(let have, let need): "truncated: \(have) of \(need) bytes present"
    case .length(let length): "a length of \(length) is not valid; the rest cannot be read"
    case .lengths(let first, let second):
      "its two lengths differ (\(first) and \(second)); the rest cannot be read"
    case .byteOrder(let mark):
      "a section without a known byte order (0x\(String(mark, radix: 16))); the rest cannot be read"
    case .tooLong(let length): "\(length) bytes are too many; skipped"
    case .overrun(let captured): "\(captured) bytes do not fit into it; skipped"
    case .undescribedInterface(let number): "its interface \(number) is not described; skipped"
    case .tooManyInterfaces: "more interfaces than \(PCAPNGDecoder.interfaceLimit); skipped"
    case .options: "its options do not fit into it"
    case .fraction(let units): "a fraction of a second of \(units) units is more than a second"
    }
  }
}
