import Handshake
import Timebase

/// HTTP for scripts.
extension JSONLines {
  /// One connection: the object of `connection(_:)` with the members `requests`, `requests_unsent` and `cost` added.
  public static func page(_ page: PageRecord) -> String {
    connection(page.record) { json in
      json.key("requests")
      json.array { for request in page.requests { $0.request(request) } }
      json.member("requests_unsent", page.unsent)
      json.member("cost", page.cost) { $0.cost($1) }
    }
  }

  /// The same requests on a connection each and on one that is kept.
  public static func comparison(target: String, _ each: CostRecord, _ kept: CostRecord) -> String {
    line("comparison") { json in
      json.member("target", target)
      json.member("each", each) { $0.cost($1) }
      json.member("kept", kept) { $0.cost($1) }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func request(_ request: RequestRecord) {
    object { json in
      json.member("request", request.number)
      json.member("method", request.method)
      json.member("path", request.target)
      json.member("version", request.version)
      json.member("status", request.status)
      json.member("reason", request.reason)
      json.member("head_bytes", request.headLength)
      json.member("body_bytes", request.status == nil ? nil : request.contentLength)
      json.member("interim", request.interim)
      json.key("steps")
      json.array {
        $0.step(Step(.request, request.request, isAmbiguous: request.isAmbiguous))
        $0.step(Step(.response, request.response, isAmbiguous: request.isAmbiguous))
        $0.step(Step(.transfer, request.transfer))
      }
      json.member("total_ns", request.total?.interval.nanoseconds)
      json.member("clock", request.total?.clock.rawValue)
      json.member("fault", request.fault)
    }
  }

  fileprivate mutating func cost(_ cost: CostRecord) {
    member("connections", cost.connections)
    member("requests", cost.requests)
    member("packets_sent", cost.packetsSent)
    member("packets_received", cost.packetsReceived)
    member("round_trips", cost.roundTrips)
    member("bytes_sent", cost.octetsSent)
    member("bytes_received", cost.octetsReceived)
    member("elapsed_ns", cost.elapsed?.nanoseconds)
  }
}
