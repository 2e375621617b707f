import Protobuf
import Testing

@Suite("Messages by their fields' numbers")
struct ProtobufFieldsTests {
    @Test("what is written is read: numbers, texts, messages, maps, the last of several")
    func roundTrip() throws {
        let bytes = ProtobufWriter.message { writer in
            writer.text(1, "one")
            writer.number(2, -5)
            writer.number(3, 0)
            writer.flag(4, true)
            writer.map(5, ["b": "2", "a": ""])
            writer.message(6) { $0.text(1, String(repeating: "x", count: 300)) }
            writer.string(7, "first")
            writer.string(7, "last")
        }
        let fields = try ProtobufFields(bytes)
        #expect(fields.text(1) == "one")
        #expect(fields.integer(2) == -5)
        #expect(fields.integer(3) == 0)
        #expect(fields.flag(4))
        #expect(try fields.map(5) == ["a": "", "b": "2"])
        #expect(try fields.message(6)?.text(1).count == 300)
        #expect(try fields.message(9) == nil)
        #expect(fields.text(7) == "last")
        #expect(fields.texts(7) == ["first", "last"])
    }

    @Test(
        "what is no message is refused and never read past its end",
        arguments: [
            [0x0A, 5, 1], [0x0A], [0x08], [0x00, 1], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        ])
    func refusal(_ bytes: [UInt8]) {
        #expect(throws: ProtobufFault.self) { try ProtobufFields(bytes) }
    }
}
