import Fault

/// Where a sparse file's stored bytes belong. The four forms that tars use all end here.
struct SparseMap: Equatable {
    struct Run: Equatable { let offset: Int64, length: Int64 }

    private(set) var runs: [Run] = []

    /// Throws `invalid` unless the runs are in order, don't overlap, lie in the file, and hold `stored` bytes.
    init(_ runs: [Run], size: Int64, stored: Int64) throws(Fault) {
        var end: Int64 = 0
        var total: Int64 = 0
        for run in runs {
            let (stop, overflow) = run.offset.addingReportingOverflow(run.length)
            guard run.length >= 0, run.offset >= end, !overflow, stop <= size else {
                throw Fault(.invalid, "tar archive has a malformed sparse file")
            }
            end = stop
            total += run.length
        }
        guard total == stored else { throw Fault(.invalid, "tar archive has a sparse file of the wrong length") }
        self.runs = runs.filter { $0.length > 0 }
    }

    /// Offsets and lengths in turn, as PAX 0.0 and 0.1 give them.
    static func pairs(_ numbers: [Int64]) throws(Fault) -> [Run] {
        guard numbers.count.isMultiple(of: 2) else { throw Fault(.invalid, "tar archive has a malformed sparse file") }
        return stride(from: 0, to: numbers.count, by: 2).map { Run(offset: numbers[$0], length: numbers[$0 + 1]) }
    }

    static func list(_ bytes: [UInt8]) throws(Fault) -> [Run] {
        var numbers: [Int64] = []
        for part in bytes.split(separator: UInt8(ascii: ",")) {
            guard numbers.count < 2 * TarLimit.sparseRuns else {
                throw Fault(.invalid, "sparse file has too many runs")
            }
            numbers.append(try PAXRecords.integer(Array(part), "GNU.sparse.map"))
        }
        return try pairs(numbers)
    }

    /// The runs in an old GNU header or its extension block: 12 bytes each, an empty one ends them.
    static func blocks(_ block: UnsafeRawBufferPointer, at start: Int, count: Int) throws(Fault) -> [Run] {
        var runs: [Run] = []
        for at in stride(from: start, to: start + count * 24, by: 24) {
            if block[at] == 0 { break }
            let offset = try TarHeader.number(block[at..<(at + 12)])
            runs.append(Run(offset: offset, length: try TarHeader.number(block[(at + 12)..<(at + 24)])))
        }
        return runs
    }
}

/// The sparse map at the head of a PAX 1.0 member's content: decimal numbers, one a line: how many runs, then offset
/// and length of each; filled up to whole blocks.
struct SparseHead {
    private var count: Int64?
    private var numbers: [Int64] = []
    private var digits: [UInt8] = []

    /// The runs, once the last has come.
    mutating func take(_ block: UnsafeRawBufferPointer) throws(Fault) -> [SparseMap.Run]? {
        for byte in block {
            guard byte == 0x0A else {
                guard digits.count < 19 else { throw Fault(.invalid, "tar archive has a malformed sparse file") }
                digits.append(byte)
                continue
            }
            let number = try PAXRecords.integer(digits, "GNU.sparse.map")
            digits.removeAll(keepingCapacity: true)
            if count == nil {
                guard number <= TarLimit.sparseRuns else { throw Fault(.invalid, "sparse file has too many runs") }
                count = number
            } else {
                numbers.append(number)
            }
            if let count, numbers.count == 2 * count { return try SparseMap.pairs(numbers) }
        }
        return nil
    }
}
