import Runner

/// The files that a run may be asked for beside its results; a verb takes those that mean something for it.
extension OptionGroup where Settings == Presentation {
  static let files = OptionGroup(
    title: "Files",
    options: [
      Option(nil, "pcap", "FILE", "write packets into FILE as pcapng, each with a remark; - is standard output") {
        presentation, text throws(UsageError) in
        presentation.pcapPath = try Values.path(text, for: "--pcap", orDash: true)
      },
      Option(nil, "svg", "FILE", "draw the ladder of the one connection into FILE") {
        presentation, text throws(UsageError) in presentation.svgPath = try Values.path(text, for: "--svg")
      },
      Option(nil, "html", "FILE", "write a page with ladder, steps, packets and times into FILE") {
        presentation, text throws(UsageError) in presentation.htmlPath = try Values.path(text, for: "--html")
      },
    ])
}
