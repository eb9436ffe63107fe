import Handshake
import Testing

@testable import Report

@Suite("The state machine, drawn") struct StateDiagramTests {
  @Test("every arrow of the table runs somewhere, once")
  func everyArrowIsDrawnOnce() {
    let drawn = StateDiagram.routes.map(\.pair)
    #expect(Set(drawn) == Set(StateDiagram.arrows().keys))
    #expect(Set(drawn).count == drawn.count)
  }

  @Test("the committed drawing is what the table says")
  func committed() throws {
    try Golden.expect(StateDiagram.svg(), is: "StateMachine.svg", in: Golden.docs)
  }
}
