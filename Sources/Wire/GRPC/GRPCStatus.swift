import Protobuf

/// How a call ended (gRPC over HTTP/2, "Responses"): thrown by handlers and by who calls.
package struct GRPCStatus: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Int, Sendable {
        case ok = 0, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
        case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, internalFault, unavailable
        case dataLoss, unauthenticated
    }

    /// `google.protobuf.Any`.
    package struct Detail: Sendable, Equatable {
        package var type: String
        package var value: [UInt8]

        package init(type: String, value: [UInt8]) {
            self.type = type
            self.value = value
        }
    }

    package var code: Code
    package var message: String
    package var details: [Detail] = []

    package static let ok = GRPCStatus(.ok)

    package init(_ code: Code, _ message: String = "", details: [Detail] = []) {
        self.code = code
        self.message = message
        self.details = details
    }

    package var description: String { message.isEmpty ? "\(code)" : message }

    /// `google.rpc.Status`.
    package init(_ bytes: some Collection<UInt8>) throws(ProtobufFault) {
        let fields = try ProtobufFields(bytes)
        code = Code(rawValue: Int(clamping: fields.integer(1))) ?? .unknown
        message = fields.text(2)
        for detail in try fields.messages(3) { details.append(Detail(type: detail.text(1), value: detail.bytes(2))) }
    }

    package var bytes: [UInt8] {
        ProtobufWriter.message { writer in
            writer.number(1, Int64(code.rawValue))
            writer.text(2, message)
            for detail in details {
                writer.message(3) { any in
                    any.text(1, detail.type)
                    any.bytes(2, detail.value)
                }
            }
        }
    }

    /// `grpc-message`: everything but printable ASCII in per cent signs.
    static func encode(_ message: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return message.utf8.reduce(into: "") { text, byte in
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }

    /// Of bytes that are written `%41`; what is no escape stays.
    package static func decode(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[(at + 1)...(at + 2)], as: UTF8.self), radix: 16)
            {
                decoded.append(value)
                at += 3
            } else {
                decoded.append(bytes[at])
                at += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
