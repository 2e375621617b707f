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

    @inlinable package mutating func string(_ number: Int, _ value: String) { bytes(number, value.utf8) }

    /// The beginning of a message whose length is known only at its end: most are short, so one byte is kept for it.
    /// - Returns: what `end` is to be told.
    @inlinable package mutating func begin(_ number: Int) -> Int {
        tag(number, 2)
        out.append(0)
        return out.count
    }

    /// The end of the message that began there.
    @inlinable package mutating func end(_ start: Int) {
        let count = out.count - start
        if count < 128 {
            out[start - 1] = UInt8(count)
        } else {
            var length = ProtobufWriter()
            length.varint(UInt64(count))
            out.replaceSubrange(start - 1..<start, with: length.out)
        }
    }

    @inlinable package mutating func message(_ number: Int, _ write: (inout ProtobufWriter) -> Void) {
        let start = begin(number)
        write(&self)
        end(start)
    }
}
