import CLinux

/// One request of rtnetlink(7), built front to back: header, family header, attributes. All integers are in the
/// host's byte order, every attribute starts on a multiple of four bytes.
package struct NetlinkMessage: Sendable, Equatable {
    /// The whole message; the length fields are right once every attribute is closed.
    package private(set) var bytes: [UInt8]
    /// For errors: what was asked, of what.
    package let call: String
    package let subject: String

    /// The flags of a request that lists everything: NLM_F_ROOT | NLM_F_MATCH.
    static let dump = Int(NLM_F_REQUEST) | 0x300
    private static let headerSize = 16
    private static let nested = UInt16(1 << 15)

    package init(_ type: Int, flags: Int, call: String, subject: String) {
        bytes = []
        bytes.reserveCapacity(256)
        self.call = call
        self.subject = subject
        put(UInt32(0))
        put(UInt16(type))
        put(UInt16(flags))
        put(UInt32(0))
        put(UInt32(0))
    }

    /// Number of the request; the kernel repeats it in its answers.
    package var sequence: UInt32 {
        get { bytes.loadInteger(at: 8) }
        set { store(newValue, at: 8) }
    }

    package mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
        if bytes.count >= Self.headerSize { seal() }
    }

    /// The `ifinfomsg` that starts every link request.
    package mutating func linkHeader(index: Int32, flags: UInt32 = 0, mask: UInt32 = 0) {
        put(UInt8(AF_UNSPEC))
        put(UInt8(0))
        put(UInt16(0))
        put(index)
        put(flags)
        put(mask)
    }

    package mutating func attribute(_ type: Int, _ payload: some Collection<UInt8>) {
        put(UInt16(4 + payload.count))
        put(UInt16(type))
        bytes.append(contentsOf: payload)
        pad()
        seal()
    }

    package mutating func attribute(_ type: Int, _ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value) { attribute(type, Array($0)) }
    }

    /// A string with its terminating zero, as the kernel wants names.
    package mutating func attribute(_ type: Int, _ text: String) {
        attribute(type, Array(text.utf8) + [0])
    }

    package mutating func nest(_ type: Int, _ body: (inout NetlinkMessage) -> Void) {
        let start = bytes.count
        put(UInt16(0))
        put(UInt16(type) | Self.nested)
        body(&self)
        store(UInt16(bytes.count - start), at: start)
        seal()
    }

    private mutating func pad() { while bytes.count % 4 != 0 { bytes.append(0) } }

    private mutating func seal() { store(UInt32(bytes.count), at: 0) }

    private mutating func store(_ value: some FixedWidthInteger, at offset: Int) {
        withUnsafeBytes(of: value) { source in
            for (position, byte) in source.enumerated() { bytes[offset + position] = byte }
        }
    }
}

/// One message of the kernel's answer.
struct NetlinkAnswer {
    let type: Int
    let sequence: UInt32
    let payload: ArraySlice<UInt8>

    /// Splits what one recv(2) gave; a length that doesn't fit ends the list.
    static func split(_ datagram: [UInt8]) -> [NetlinkAnswer] {
        var answers: [NetlinkAnswer] = []
        var at = 0
        while at + 16 <= datagram.count {
            let length = Int(datagram.loadInteger(at: at) as UInt32)
            guard length >= 16, at + length <= datagram.count else { break }
            let type: UInt16 = datagram.loadInteger(at: at + 4)
            answers.append(
                NetlinkAnswer(
                    type: Int(type), sequence: datagram.loadInteger(at: at + 8),
                    payload: datagram[(at + 16)..<(at + length)]))
            at += (length + 3) & ~3
        }
        return answers
    }

    /// The error number an NLMSG_ERROR carries, 0 for an acknowledgement; nil for other messages.
    var errorNumber: Int32? {
        guard type == Int(NLMSG_ERROR), payload.count >= 4 else { return nil }
        let code: Int32 = payload.loadInteger(at: payload.startIndex)
        return -code
    }

    /// Attributes behind a family header of `skipping` bytes; the last of two equal types wins.
    func attributes(skipping: Int) -> [Int: ArraySlice<UInt8>] {
        Self.attributes(payload.dropFirst(skipping))
    }

    static func attributes(_ bytes: ArraySlice<UInt8>) -> [Int: ArraySlice<UInt8>] {
        var found: [Int: ArraySlice<UInt8>] = [:]
        var at = bytes.startIndex
        while at + 4 <= bytes.endIndex {
            let length = Int(bytes.loadInteger(at: at) as UInt16)
            let type: UInt16 = bytes.loadInteger(at: at + 2)
            guard length >= 4, at + length <= bytes.endIndex else { break }
            found[Int(type & 0x3fff)] = bytes[(at + 4)..<(at + length)]
            at += (length + 3) & ~3
        }
        return found
    }
}

extension Collection<UInt8> where Index == Int {
    /// An integer in the host's byte order. The caller has checked that it is there.
    func loadInteger<T: FixedWidthInteger>(at offset: Int) -> T {
        var value = T.zero
        withUnsafeMutableBytes(of: &value) { target in
            for position in 0..<MemoryLayout<T>.size { target[position] = self[offset + position] }
        }
        return value
    }

    /// The bytes up to the first zero as text.
    var terminatedText: String { String(decoding: prefix { $0 != 0 }, as: UTF8.self) }
}
