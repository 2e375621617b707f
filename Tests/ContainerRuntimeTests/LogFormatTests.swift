import ContainerRuntime
import JSON
import NIOCore
import Testing

@Suite struct LogFormatTests {
    private func entry(_ text: [UInt8], newline: Bool = true, stream: UInt8 = 1) -> String {
        let out = UnsafeMutablePointer<UInt8>.allocate(capacity: LogFormat.entryLimit)
        defer { out.deallocate() }
        let tail = LogFormat.jsonTail(stream: stream, time: LogFormat.timestamp(0))
        let length = text.withUnsafeBufferPointer { text in
            tail.withUnsafeBufferPointer { LogFormat.jsonEntry(text, newline: newline, tail: $0, to: out) }
        }
        return String(decoding: UnsafeBufferPointer(start: out, count: length), as: UTF8.self)
    }

    @Test func anEntryIsDockersLine() {
        #expect(entry(Array("hi".utf8)) == #"{"log":"hi\n","stream":"stdout","time":"1970-01-01T00:00:00Z"}"# + "\n")
        #expect(
            entry(Array("hi".utf8), newline: false, stream: 2)
                == #"{"log":"hi","stream":"stderr","time":"1970-01-01T00:00:00Z"}"# + "\n")
    }

    @Test(arguments: [
        ("quote\" back\\ slash/", #"quote\" back\\ slash/"#), ("a\rb\tc\u{1}", #"a\rb\u0009c\u0001"#),
        ("seventeen letters\"and", #"seventeen letters\"and"#), ("1234567\u{1f}890123456", #"1234567\u001f890123456"#),
        ("<&>", #"\u003c\u0026\u003e"#), ("é漢😀", "é漢😀"), ("\u{2028}x\u{2029}", #"\u2028x\u2029"#), ("\u{7f}", "\u{7f}"),
    ])
    func textIsEscapedAsGoDoes(_ text: String, _ escaped: String) {
        #expect(entry(Array(text.utf8)).contains(#"{"log":""# + escaped + #"\n""#))
    }

    @Test(
        arguments: [
            [0xff], [0xc0, 0xaf], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80],
        ] as [[UInt8]])
    func invalidUTF8BecomesReplacementsAndStaysJSON(_ bytes: [UInt8]) throws {
        let line = entry([0x61] + bytes + [0x62])
        let log = try #require(try JSON(parsing: line)["log"].string)
        #expect(log.hasPrefix("a\u{fffd}"))
        #expect(log.hasSuffix("b\n"))
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00Z"), (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
        (1_700_000_000_120_000_000, "2023-11-14T22:13:20.12Z"),
        (4_102_444_799_000_000_001, "2099-12-31T23:59:59.000000001Z"),
    ])
    func timesAreRFC3339WithoutTrailingZeros(_ nanoseconds: Int64, _ text: String) {
        #expect(String(decoding: LogFormat.timestamp(nanoseconds), as: UTF8.self) == text)
    }
}

@Suite struct MonitorFrameTests {
    private func frame(_ kind: MonitorReply, _ payload: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(payload.count + 1), endianness: .little)
        buffer.writeInteger(kind.rawValue)
        buffer.writeBytes(payload)
        return buffer
    }

    @Test func framesComeWholeHoweverTheyAreCut() throws {
        var writer = PlanWriter()
        writer.put(LaunchFailure(step: .exec, errno: 8, exitCode: 126, subject: "/x"))
        var whole = frame(.failed, writer.bytes)
        whole.writeImmutableBuffer(frame(.output, [2] + Array("text".utf8)))
        for cut in 0...whole.readableBytes {
            var frames = MonitorFrames(), answers: [MonitorAnswer] = []
            for part in [
                whole.getSlice(at: 0, length: cut), whole.getSlice(at: cut, length: whole.readableBytes - cut),
            ] {
                frames.add(try #require(part))
                while let answer = try frames.next() { answers.append(answer) }
            }
            guard answers.count == 2, case .failed(let failure) = answers[0], case .output(2, let text) = answers[1]
            else {
                Issue.record("cut at \(cut): \(answers)")
                continue
            }
            #expect(failure.sentence == "exec /x: exec format error")
            #expect(String(buffer: text) == "text")
        }
    }

    @Test func framesThatAreTooLongOrUnknownAreRefused() {
        for bytes in [[0, 0, 0, 0] as [UInt8], [0xff, 0xff, 0xff, 0x7f], [1, 0, 0, 0, 3]] {
            var frames = MonitorFrames()
            frames.add(ByteBuffer(bytes: bytes))
            #expect(throws: PlanError.self) { try frames.next() }
        }
    }
}
