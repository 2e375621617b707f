import CISAL
import Fault

/// gzip by ISA-L at its level 1, some 400 MB/s, without time or name: the same tar gives the same bytes.
package final class GzipCompressor {
    private let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
    private let levelBuffer = UnsafeMutablePointer<UInt8>.allocate(capacity: GzipCompressor.levelBytes)
    private var output = [UInt8](repeating: 0, count: 256 << 10)

    /// ISAL_DEF_LVL1_EXTRA_LARGE: a macro that Swift doesn't see.
    private static let levelBytes = 4 * 1_024 + 2 * 8 * 1_024 * 2 + 4 * 128 * 1_024

    /// `hasHeader` false: the caller writes one (RFC 1952, 2.3) before what this gives.
    package init(hasHeader: Bool = true) {
        isal_deflate_init(stream)
        stream.pointee.level = 1
        stream.pointee.level_buf = levelBuffer
        stream.pointee.level_buf_size = UInt32(Self.levelBytes)
        stream.pointee.gzip_flag = UInt16(hasHeader ? IGZIP_GZIP : IGZIP_GZIP_NO_HDR)
    }

    deinit {
        stream.deallocate()
        levelBuffer.deallocate()
    }

    package func feed(_ input: UnsafeRawBufferPointer, isLast: Bool, _ emit: (UnsafeRawBufferPointer) throws -> Void)
        throws
    {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.end_of_stream = isLast ? 1 : 0
        var room = output.count
        repeat {
            let count = try output.withUnsafeMutableBytes { bytes -> Int in
                stream.pointee.next_out = bytes.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(bytes.count)
                let result = isal_deflate(stream)
                guard result == COMP_OK else { throw Fault(.internalFault, "compressing failed (\(result))") }
                return bytes.count - Int(stream.pointee.avail_out)
            }
            room = Int(stream.pointee.avail_out)
            try output.withUnsafeBytes { try emit(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        } while room == 0 || stream.pointee.avail_in > 0
    }
}
