import Glibc

/// Writes messages: fields in the order of their numbers, entries of maps in that of their keys.
package struct ProtobufWriter {
    package var out: [UInt8] = []

    @inlinable package init() {}

    @inlinable package mutating func varint(_ value: UInt64) {
        var value = value
        while value > 127 {
            out.append(UInt8(truncatingIfNeeded: value) | 128)
            value >>= 7
        }
        out.append(UInt8(truncatingIfNeeded: value))
    }

    @inlinable package mutating func tag(_ number: Int, _ wire: UInt64) { varint(UInt64(number) << 3 | wire) }

    @inlinable package mutating func integer(_ number: Int, _ value: Int64) {
        tag(number, 0)
        varint(UInt64(bitPattern: value))
    }

    /// The beginning of a field whose value, of so many bytes, comes behind it.
    @inlinable package mutating func length(_ number: Int, _ count: Int) {
        tag(number, 2)
        varint(UInt64(count))
    }

    @inlinable package mutating func bytes(_ number: Int, _ value: some Collection<UInt8>) {
        length(number, value.count)
        out.append(contentsOf: value)
    }

    /// As above, for bytes that lie somewhere.
    package mutating func bytes(_ number: Int, _ value: UnsafeRawBufferPointer) {
        length(number, value.count)
        out.append(contentsOf: value)
    }

    @inlinable package mutating func string(_ number: Int, _ value: String) { bytes(number, value.utf8) }

    /// The beginning of a message whose length is known only at its end: most are short, so one byte is kept for it.
    /// - Returns: what `end` is to be told.
    @inlinable package mutating func begin(_ number: Int) -> Int {
        tag(number, 2)
        out.append(0)
        return out.count
    }

    /// The end of the message that began there.
    package mutating func end(_ start: Int) {
        let count = out.count - start
        var (extra, rest) = (0, count >> 7)
        while rest > 0 {
            out.append(0)
            (extra, rest) = (extra + 1, rest >> 7)
        }
        out.withUnsafeMutableBytes { out in
            if extra > 0, let base = out.baseAddress { memmove(base + start + extra, base + start, count) }
            for at in 0...extra {
                out[start - 1 + at] = UInt8(truncatingIfNeeded: count >> (7 * at)) & 127 | (at < extra ? 128 : 0)
            }
        }
    }

    @inlinable package mutating func message(_ number: Int, _ write: (inout ProtobufWriter) -> Void) {
        let start = begin(number)
        write(&self)
        end(start)
    }
}
