import CISAL
import CZstd
import Fault

/// Where decompressed bytes go: room to write into, and word of how much was written.
package protocol ByteOutput: AnyObject {
    /// Never empty; waits until there is some. Throws when nobody takes bytes any more.
    func room() throws -> UnsafeMutableRawBufferPointer
    func wrote(_ count: Int) throws
}

/// Turns a layer's compressed bytes, pushed in pieces, into its tar.
package protocol Decompressor: AnyObject {
    func feed(_ input: UnsafeRawBufferPointer, to output: any ByteOutput) throws
    /// Throws `invalid` when the stream isn't complete.
    func finish() throws
}

enum DecompressorLimit {
    /// Largest window that a zstd stream may ask for, as a power of two in bytes: 128 MiB, what `zstd --long` makes.
    static let zstdWindowLog: Int32 = 27
}

/// By the first bytes rather than the media type, which is often wrong (`docker load` has none at all).
final class DetectingDecompressor: Decompressor {
    private var head: [UInt8] = []
    private var chosen: (any Decompressor)?

    static let magicBytes = 4

    enum Compression { case none, gzip, zstd }

    /// Known once the first bytes have come.
    private(set) var compression = Compression.none

    func feed(_ input: UnsafeRawBufferPointer, to output: any ByteOutput) throws {
        if let chosen { return try chosen.feed(input, to: output) }
        head.append(contentsOf: input)
        if head.count >= Self.magicBytes { try choose(output) }
    }

    private func choose(_ output: any ByteOutput) throws {
        let chosen: any Decompressor
        if head.starts(with: Array("BZh".utf8)) || head.starts(with: [0xFD, 0x37, 0x7A, 0x58]) {
            throw Fault(.invalid, "archive is compressed with bzip2 or xz; it may be gzip, zstd, or plain tar")
        }
        compression = Self.compression(of: head)
        switch compression {
        case .none: chosen = PlainCopy()
        case .gzip: chosen = GzipDecompressor()
        case .zstd: chosen = try ZstdDecompressor()
        }
        self.chosen = chosen
        try head.withUnsafeBytes { try chosen.feed($0, to: output) }
        head = []
    }

    static func compression(of head: [UInt8]) -> Compression {
        if head.starts(with: [0x1F, 0x8B]) { return .gzip }
        if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return .zstd }
        // A zstd stream may begin with frames to be skipped (RFC 8878, 3.1.2).
        let isSkippable =
            head.count >= magicBytes && head[0] & 0xF0 == 0x50 && head[1...3].elementsEqual([0x2A, 0x4D, 0x18])
        return isSkippable ? .zstd : .none
    }

    func finish() throws {
        guard head.isEmpty else { throw Fault(.invalid, "archive is truncated: unexpected end of file") }
        try chosen?.finish()
    }
}

final class PlainCopy: Decompressor {
    func feed(_ input: UnsafeRawBufferPointer, to output: any ByteOutput) throws {
        var rest = input
        while !rest.isEmpty {
            let room = try output.room()
            let count = min(room.count, rest.count)
            room.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
            try output.wrote(count)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    func finish() throws {}
}

/// gzip by ISA-L (two to three times zlib's speed); several members in a row are one stream (RFC 1952, 2.2).
package final class GzipDecompressor: Decompressor {
    // On the heap: the state holds 80 KiB of tables and points into itself.
    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    private var isBetweenMembers = false
    private var isPadding = false

    package init() {
        isal_inflate_init(state)
        state.pointee.crc_flag = UInt32(ISAL_GZIP)
    }

    deinit { state.deallocate() }

    package func feed(_ input: UnsafeRawBufferPointer, to output: any ByteOutput) throws {
        guard let base = input.bindMemory(to: UInt8.self).baseAddress else { return }
        state.pointee.next_in = UnsafeMutablePointer(mutating: base)
        state.pointee.avail_in = UInt32(input.count)
        while true {
            if isBetweenMembers {
                guard state.pointee.avail_in > 0 else { return }
                guard try nextMember() else { return }
            }
            let room = try output.room()
            state.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
            state.pointee.avail_out = UInt32(room.count)
            let result = isal_inflate(state)
            guard result == ISAL_DECOMP_OK || result == ISAL_END_INPUT else {
                throw Fault(.invalid, "layer's gzip stream is damaged (\(Self.reason(result)))")
            }
            let written = room.count - Int(state.pointee.avail_out)
            if written > 0 { try output.wrote(written) }
            if state.pointee.block_state == ISAL_BLOCK_FINISH {
                isBetweenMembers = true
            } else if state.pointee.avail_in == 0, state.pointee.avail_out > 0 {
                return
            }
        }
    }

    /// False when only zero bytes follow, with which tapes and some tools fill up.
    private func nextMember() throws -> Bool {
        var next = state.pointee.next_in
        var left = state.pointee.avail_in
        if isPadding || next?.pointee == 0 {
            isPadding = true
            while left > 0, let byte = next {
                guard byte.pointee == 0 else {
                    throw Fault(.invalid, "layer's gzip stream has other bytes after its end")
                }
                next = byte.advanced(by: 1)
                left -= 1
            }
            return false
        }
        isal_inflate_reset(state)
        state.pointee.crc_flag = UInt32(ISAL_GZIP)
        state.pointee.next_in = next
        state.pointee.avail_in = left
        isBetweenMembers = false
        return true
    }

    package func finish() throws {
        guard isBetweenMembers else { throw Fault(.invalid, "layer is truncated: unexpected end of its gzip stream") }
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ISAL_INVALID_BLOCK: "invalid block"
        case ISAL_INVALID_SYMBOL: "invalid symbol"
        case ISAL_INVALID_LOOKBACK: "invalid distance"
        case ISAL_INVALID_WRAPPER: "invalid header"
        case ISAL_INCORRECT_CHECKSUM: "wrong checksum"
        case ISAL_UNSUPPORTED_METHOD: "unsupported method"
        case ISAL_NEED_DICT: "needs a dictionary"
        default: "error \(code)"
        }
    }
}

final class ZstdDecompressor: Decompressor {
    private let stream: OpaquePointer
    private var isFrameComplete = true

    init() throws {
        guard let stream = ZSTD_createDStream() else { throw Fault(.internalFault, "no memory for a zstd decoder") }
        self.stream = stream
        ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, DecompressorLimit.zstdWindowLog)
    }

    deinit { ZSTD_freeDStream(stream) }

    func feed(_ input: UnsafeRawBufferPointer, to output: any ByteOutput) throws {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        while true {
            let room = try output.room()
            var target = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
            let result = ZSTD_decompressStream(stream, &target, &source)
            guard ZSTD_isError(result) == 0 else {
                throw Fault(.invalid, "layer's zstd stream is damaged (\(String(cString: ZSTD_getErrorName(result))))")
            }
            if target.pos > 0 { try output.wrote(target.pos) }
            isFrameComplete = result == 0
            // Room left over means that the decoder holds nothing back.
            if source.pos == source.size, target.pos < target.size { return }
        }
    }

    func finish() throws {
        guard isFrameComplete else { throw Fault(.invalid, "layer is truncated: unexpected end of its zstd stream") }
    }
}
