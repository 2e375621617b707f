import Fault

/// A tar that comes in pieces, plain or compressed with gzip or zstd: hands its members to a sink. Blocking.
package final class ArchiveFeed {
    private let decompressor = DetectingDecompressor()
    private let output: Output

    /// Bytes decompressed at a time.
    private static let roomBytes = 64 << 10

    private final class Output: ByteOutput {
        let reader: TarReader
        private let space: UnsafeMutableRawBufferPointer

        init(_ sink: any TarSink) {
            reader = TarReader(sink)
            space = .allocate(byteCount: ArchiveFeed.roomBytes, alignment: 16)
        }

        deinit { space.deallocate() }

        func room() -> UnsafeMutableRawBufferPointer { space }
        func wrote(_ count: Int) throws { try reader.feed(UnsafeRawBufferPointer(rebasing: space[..<count])) }
    }

    package init(_ sink: any TarSink) { output = Output(sink) }

    package func feed(_ bytes: UnsafeRawBufferPointer) throws { try decompressor.feed(bytes, to: output) }

    /// Throws `invalid` when the archive isn't whole.
    package func finish() throws {
        try decompressor.finish()
        try output.reader.finish()
    }
}
