import Fault

/// The 512-byte block before each member (POSIX pax "ustar Interchange Format"; GNU tar manual, "Basic Tar Format").
struct TarHeader {
    enum Format { case v7, ustar, gnu }

    let block: UnsafeRawBufferPointer
    let format: Format

    /// Throws `invalid` when the checksum doesn't fit: not a tar, or damaged.
    init(_ block: UnsafeRawBufferPointer) throws(Fault) {
        self.block = block
        var unsigned: Int64 = 0
        var signed: Int64 = 0
        for (at, byte) in block.enumerated() {
            // The checksum's own field counts as blanks. Some old tars summed signed characters.
            let value = (148..<156).contains(at) ? 0x20 : byte
            unsigned += Int64(value)
            signed += Int64(Int8(bitPattern: value))
        }
        let stated = try Self.number(block[148..<156])
        guard stated == unsigned || stated == signed else {
            throw Fault(.invalid, "not a tar archive, or a damaged one: a header's checksum is wrong")
        }
        let magic = block[257..<265]
        if magic.elementsEqual("ustar  \0".utf8) {
            format = .gnu
        } else {
            format = magic.starts(with: "ustar".utf8) ? .ustar : .v7
        }
    }

    static func isZero(_ block: UnsafeRawBufferPointer) -> Bool { block.allSatisfy { $0 == 0 } }

    var type: UInt8 { block[156] }
    var path: [UInt8] {
        let name = text(0, 100)
        guard format == .ustar else { return name }
        let prefix = text(345, 155)
        return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }
    var link: [UInt8] { text(157, 100) }

    func text(_ at: Int, _ length: Int) -> [UInt8] { Array(block[at..<(at + length)].prefix { $0 != 0 }) }
    func number(_ at: Int, _ length: Int) throws(Fault) -> Int64 { try Self.number(block[at..<(at + length)]) }

    /// Octal digits between blanks, or base 256 when the top bit is set (GNU extension). An empty field is 0.
    static func number(_ field: Slice<UnsafeRawBufferPointer>) throws(Fault) -> Int64 {
        if let first = field.first, first & 0x80 != 0 {
            // Two's complement without its topmost bit; 0xFF starts a negative number.
            var value: Int64 = first & 0x40 != 0 ? -1 : 0
            for (at, byte) in field.enumerated() {
                let bits = Int64(at == 0 ? byte & 0x7F | (first & 0x40 != 0 ? 0x80 : 0) : byte)
                let (shifted, overflow) = value.multipliedReportingOverflow(by: 256)
                guard !overflow else { throw Fault(.invalid, "tar header holds a number beyond 64 bits") }
                value = shifted | bits
            }
            return value
        }
        let isBlank: (UInt8) -> Bool = { $0 == 0 || $0 == 0x20 }
        let digits = field.drop(while: isBlank).prefix { !isBlank($0) }
        var value: Int64 = 0
        for digit in digits {
            guard (0x30...0x37).contains(digit), value < 1 << 59 else {
                throw Fault(.invalid, "tar header holds a malformed number")
            }
            value = value << 3 | Int64(digit - 0x30)
        }
        return value
    }
}
