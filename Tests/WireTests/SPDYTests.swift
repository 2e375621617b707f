import NIOCore
import Testing

@testable import Wire

@Suite("SPDY/3.1")
struct SPDYTests {
    @Test("header blocks come back as they went, one after another in one stream")
    func headers() throws {
        let (packer, unpacker) = (SPDYPacker(), SPDYUnpacker())
        for round in 0..<3 {
            let block = packer.pack(SPDYHeaderBlock.encode([("streamType", "stdin"), ("requestID", "\(round)")]))
            let bytes = try #require(unpacker.unpack(ByteBuffer(bytes: block)))
            #expect(SPDYHeaderBlock.decode(bytes) == ["streamtype": "stdin", "requestid": "\(round)"])
        }
    }

    @Test("the words that both sides know are as long as the field's own list")
    func dictionary() { #expect(SPDYHeaderBlock.dictionary.count == 1_423) }

    @Test("a block that unpacks to more than is taken ends the connection")
    func bomb() {
        let packer = SPDYPacker()
        let block = packer.pack([UInt8](repeating: 0, count: 10 << 20))
        #expect(SPDYUnpacker().unpack(ByteBuffer(bytes: block)) == nil)
    }

    @Test("damaged blocks are refused")
    func damaged() {
        #expect(SPDYUnpacker().unpack(ByteBuffer(bytes: [1, 2, 3, 4])) == nil)
        #expect(SPDYHeaderBlock.decode([0, 0, 0, 1, 0, 0, 0, 200, 65]) == nil)
        #expect(SPDYHeaderBlock.decode([255, 255, 255, 255]) == nil)
    }

    @Test("frames are taken when they are whole, whatever pieces they come in")
    func pieces() throws {
        var wire = SPDYFrame.data(5, ByteBuffer(string: "hello"), isLast: true)
        wire.writeImmutableBuffer(SPDYFrame.pong(7))
        var arrived = ByteBuffer()
        var frames: [SPDYFrame] = []
        while let byte = wire.readSlice(length: 1) {
            arrived.writeImmutableBuffer(byte)
            while let frame = try SPDYFrame.next(from: &arrived) { frames.append(frame) }
        }
        #expect(frames == [.data(stream: 5, ByteBuffer(string: "hello"), isLast: true), .ping(7)])
    }

    @Test("a frame larger than is taken, and one of another version, are refused")
    func refused() {
        var large = ByteBuffer(bytes: [0, 0, 0, 1, 0, 255, 255, 255])
        #expect(throws: SPDYFrame.Malformed.self) { try SPDYFrame.next(from: &large) }
        var old = ByteBuffer(bytes: [0x80, 2, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1])
        #expect(throws: SPDYFrame.Malformed.self) { try SPDYFrame.next(from: &old) }
    }

    @Test("random bytes end in an error or in nothing")
    func random() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let count = Int.random(in: 0..<64, using: &generator)
            var bytes = ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
            while let frame = try? SPDYFrame.next(from: &bytes) { _ = frame }
            _ = SPDYUnpacker().unpack(bytes)
        }
    }
}

@Suite("bytes between tasks")
struct BoundedInboxTests {
    @Test("who puts more in than fits waits until some are taken")
    func pressure() async {
        let inbox = BoundedInbox<ByteBuffer>(limit: 10) { $0.readableBytes }
        let sender = Task {
            for index in 0..<20 { await inbox.put(ByteBuffer(string: "part \(index);")) }
            inbox.end()
        }
        var all = ""
        while let part = await inbox.take() { all += String(buffer: part) }
        await sender.value
        #expect(all == (0..<20).map { "part \($0);" }.joined())
    }

    @Test("a taker that is cancelled gets nothing more, and its putter isn't held")
    func cancelled() async {
        let inbox = BoundedInbox<ByteBuffer>(limit: 1) { $0.readableBytes }
        let taker = Task { await inbox.take() }
        taker.cancel()
        #expect(await taker.value == nil)
        await inbox.put(ByteBuffer(string: "late"))
        await inbox.put(ByteBuffer(string: "later"))
    }
}
