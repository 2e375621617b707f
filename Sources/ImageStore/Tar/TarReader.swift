import Fault

/// Reads an archive that is pushed in pieces of any size and hands its members to a sink. Understands v7, ustar, PAX
/// and GNU archives with sparse files. Holds one block, or one bounded header, at a time.
package final class TarReader {
    private enum State {
        case header
        /// A PAX header or GNU long name of so many bytes.
        case metadata(type: UInt8, length: Int)
        /// Blocks that continue an old GNU sparse map.
        case sparseExtension
        /// PAX 1.0 sparse map at the head of the content.
        case sparseHead
        case content
        /// After the end: the rest is padding of the medium.
        case ended
    }

    private let sink: any TarSink
    private var state = State.header
    /// Bytes of a block or a header that isn't complete yet.
    private var gathered: [UInt8] = []
    private var zeroBlocks = 0
    private var entries = 0

    private var global = PAXRecords()
    private var local: PAXRecords?
    private var longName: [UInt8]?
    private var longLink: [UInt8]?

    private var entry: TarEntry?
    /// Stored bytes of the member that are still to come, and the padding after them.
    private var remaining: Int64 = 0
    private var padding = 0
    private var runs: [SparseMap.Run] = []
    private var run = 0
    private var runOffset: Int64 = 0
    /// A PAX 1.0 sparse map as far as it has come.
    private var head = SparseHead()

    package init(_ sink: any TarSink) { self.sink = sink }

    package func feed(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            switch state {
            case .ended: return
            case .content: try content(&rest)
            case .metadata(let type, let length):
                if gather(&rest, length + Self.padding(Int64(length))) { try metadata(type, length) }
            case .header, .sparseExtension, .sparseHead: try block(&rest)
            }
        }
    }

    /// Throws `invalid` when the archive stops in the middle of a member. End-of-archive blocks may be missing, and what
    /// fills up the last member's block: some writers leave them out.
    package func finish() throws {
        switch state {
        case .ended: return
        case .content where remaining == 0: return
        case .header where gathered.isEmpty && local == nil && longName == nil: return
        default: throw Fault(.invalid, "tar archive is truncated: unexpected end of file")
        }
    }

    private static func padding(_ length: Int64) -> Int { Int((512 - length % 512) % 512) }

    /// Takes bytes until `wanted` are there.
    private func gather(_ rest: inout UnsafeRawBufferPointer, _ wanted: Int) -> Bool {
        let count = min(wanted - gathered.count, rest.count)
        gathered.append(contentsOf: rest.prefix(count))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        return gathered.count == wanted
    }

    /// One block, read in place when it is whole.
    private func block(_ rest: inout UnsafeRawBufferPointer) throws {
        if gathered.isEmpty, rest.count >= TarLimit.block {
            let block = UnsafeRawBufferPointer(rebasing: rest.prefix(TarLimit.block))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(TarLimit.block))
            return try take(block)
        }
        guard gather(&rest, TarLimit.block) else { return }
        let whole = gathered
        gathered.removeAll(keepingCapacity: true)
        try whole.withUnsafeBytes { try take($0) }
    }

    private func take(_ block: UnsafeRawBufferPointer) throws {
        switch state {
        case .header: try header(block)
        case .sparseExtension: try sparseExtension(block)
        default: try sparseHead(block)
        }
    }
}

// MARK: Headers

extension TarReader {
    private func header(_ block: UnsafeRawBufferPointer) throws {
        if TarHeader.isZero(block) {
            zeroBlocks += 1
            if zeroBlocks == 2 { state = .ended }
            return
        }
        guard zeroBlocks == 0 else { throw Fault(.invalid, "tar archive goes on after its end") }
        let header = try TarHeader(block)
        entries += 1
        guard entries <= TarLimit.entries else {
            throw Fault(.invalid, "tar archive has more than \(TarLimit.entries) entries")
        }
        switch header.type {
        case UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"):
            let length = try header.number(124, 12)
            guard (0...TarLimit.headerBytes).contains(length) else {
                throw Fault(
                    .invalid, "tar archive has a header of \(length) bytes; the limit is \(TarLimit.headerBytes)")
            }
            state = .metadata(type: header.type, length: Int(length))
            if length == 0 { try metadata(header.type, 0) }
        default: try member(header)
        }
    }

    private func metadata(_ type: UInt8, _ length: Int) throws {
        let bytes = Array(gathered.prefix(length))
        gathered.removeAll(keepingCapacity: true)
        state = .header
        switch type {
        case UInt8(ascii: "g"): try global.read(bytes)
        case UInt8(ascii: "L"): longName = Array(bytes.prefix { $0 != 0 })
        case UInt8(ascii: "K"): longLink = Array(bytes.prefix { $0 != 0 })
        default:
            var records = local ?? global
            try records.read(bytes)
            local = records
        }
    }

    private func member(_ header: TarHeader) throws {
        let records = local ?? global
        defer { (local, longName, longLink) = (nil, nil, nil) }
        guard let kind = try Self.kind(header) else { return try skip(header, records) }
        var entry = TarEntry(path: [], kind: kind, mode: UInt32(truncatingIfNeeded: try header.number(100, 8)) & 0o7777)
        entry.path = records.values["GNU.sparse.name"] ?? records.values["path"] ?? longName ?? header.path
        entry.link = records.values["linkpath"] ?? longLink ?? header.link
        entry.uid = UInt32(truncatingIfNeeded: try records.integer("uid") ?? header.number(108, 8))
        entry.gid = UInt32(truncatingIfNeeded: try records.integer("gid") ?? header.number(116, 8))
        entry.mtime = try records.time("mtime") ?? TarEntry.Time(header.number(136, 12))
        entry.attributes = records.attributes
        if kind == .character || kind == .block {
            entry.major = UInt32(truncatingIfNeeded: try header.number(329, 8))
            entry.minor = UInt32(truncatingIfNeeded: try header.number(337, 8))
        }
        // Before there was a type for folders, a trailing slash made one.
        if kind == .regular, entry.path.last == UInt8(ascii: "/") { entry.kind = .directory }
        guard entry.kind == .regular else { return try empty(entry) }
        try regular(entry, header, records)
    }

    /// Nil for what carries nothing to unpack.
    private static func kind(_ header: TarHeader) throws -> TarEntry.Kind? {
        switch header.type {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"), UInt8(ascii: "S"): return .regular
        case UInt8(ascii: "1"): return .hardLink
        case UInt8(ascii: "2"): return .symlink
        case UInt8(ascii: "3"): return .character
        case UInt8(ascii: "4"): return .block
        case UInt8(ascii: "5"): return .directory
        case UInt8(ascii: "6"): return .fifo
        case UInt8(ascii: "V"): return nil
        default:
            let type = Character(Unicode.Scalar(header.type))
            throw Fault(
                .invalid,
                "tar archive has an entry of the unsupported type '\(type)': \(String(decoding: header.path, as: UTF8.self))"
            )
        }
    }

    private func skip(_ header: TarHeader, _ records: PAXRecords) throws {
        entry = nil
        try store(try records.integer("size") ?? header.number(124, 12), runs: [])
    }

    private func empty(_ entry: TarEntry) throws {
        try sink.begin(entry)
        try sink.end()
    }

    private func regular(_ member: TarEntry, _ header: TarHeader, _ records: PAXRecords) throws {
        var entry = member
        let stored = try records.integer("size") ?? header.number(124, 12)
        entry.size = stored
        if header.type == UInt8(ascii: "S"), header.format == .gnu {
            entry.size = try header.number(483, 12)
            self.entry = entry
            runs = try SparseMap.blocks(header.block, at: 386, count: 4)
            remaining = stored
            if header.block[482] != 0 { return state = .sparseExtension }
            return try sparse(stored)
        }
        let realSize = try records.integer("GNU.sparse.realsize") ?? records.integer("GNU.sparse.size")
        if let realSize {
            entry.size = realSize
            self.entry = entry
            if try records.integer("GNU.sparse.major") == 1 {
                remaining = stored
                padding = Self.padding(stored)
                return state = .sparseHead
            }
            runs = try records.values["GNU.sparse.map"].map(SparseMap.list) ?? SparseMap.pairs(records.sparseRuns)
            return try sparse(stored)
        }
        self.entry = entry
        try sink.begin(entry)
        try store(stored, runs: [SparseMap.Run(offset: 0, length: stored)])
    }
}

// MARK: Content

extension TarReader {
    /// Content of `stored` bytes follows.
    private func store(_ stored: Int64, runs: [SparseMap.Run]) throws {
        guard stored >= 0, stored <= TarLimit.contentBytes else {
            throw Fault(.invalid, "tar archive has a file of \(stored) bytes; the limit is \(TarLimit.contentBytes)")
        }
        remaining = stored
        padding = Self.padding(stored)
        self.runs = runs
        run = 0
        runOffset = 0
        state = .content
        if remaining == 0 { try endOfContent() }
    }

    private func content(_ rest: inout UnsafeRawBufferPointer) throws {
        while remaining > 0, !rest.isEmpty {
            var count = Int(min(remaining, Int64(rest.count)))
            if entry != nil {
                let current = runs[run]
                count = Int(min(Int64(count), current.length - runOffset))
                try sink.data(UnsafeRawBufferPointer(rebasing: rest.prefix(count)), at: current.offset + runOffset)
                runOffset += Int64(count)
                if runOffset == current.length { (run, runOffset) = (run + 1, 0) }
            }
            remaining -= Int64(count)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            if remaining == 0 { try endOfContent() }
        }
        guard remaining == 0, padding > 0 else { return }
        let count = min(padding, rest.count)
        padding -= count
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        if padding == 0 { state = .header }
    }

    private func endOfContent() throws {
        if entry != nil { try sink.end() }
        entry = nil
        if padding == 0 { state = .header }
    }

    private func sparse(_ stored: Int64) throws {
        guard let entry else { return }
        runs = try SparseMap(runs, size: entry.size, stored: stored).runs
        try sink.begin(entry)
        try store(stored, runs: runs)
    }

    private func sparseExtension(_ block: UnsafeRawBufferPointer) throws {
        runs += try SparseMap.blocks(block, at: 0, count: 21)
        guard runs.count <= TarLimit.sparseRuns else { throw Fault(.invalid, "sparse file has too many runs") }
        if block[504] == 0 { try sparse(remaining) }
    }

    private func sparseHead(_ block: UnsafeRawBufferPointer) throws {
        remaining -= Int64(TarLimit.block)
        guard remaining >= 0 else { throw Fault(.invalid, "tar archive has a malformed sparse file") }
        guard let complete = try head.take(block) else { return }
        head = SparseHead()
        runs = complete
        try sparse(remaining)
    }
}
