import Handshake
import Judging
import Kernel
import Report

/// The picture and the page of a run (`--svg`, `--html`), made when it is over.
final class Drawings {
  private let svg: AtomicFile?
  private let html: AtomicFile?
  private var page: HTMLPage

  /// Begins the files that were asked for; nil where none was.
  init?(_ presentation: Presentation, _ session: Session) throws(RunError) {
    guard presentation.svgPath != nil || presentation.htmlPath != nil else { return nil }
    svg = try session.file(presentation.svgPath)
    html = try session.file(presentation.htmlPath)
    page = HTMLPage()
  }

  /// Takes one result, and the requests that its connection carried.
  func take(_ record: Record, requests: [RequestRecord] = []) { page.add(record, requests: requests) }

  /// Draws what was taken; without any result nothing is drawn, and no file is left.
  func finish(_ summaries: [TargetSummary]) throws(RunError) {
    guard let picture = page.picture else { return }
    try svg?.finish(picture)
    if let html { try html.finish(page.text(summaries)) }
  }
}
