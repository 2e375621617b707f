import CLinux
import Fault
import JSON
import Linux

/// `networks.json`: all definitions, replaced whole.
struct NetworkFile {
    let path: String

    func load() throws -> (networks: [NetworkRecord], localPrefix: UInt64?) {
        let bytes: [UInt8]
        do throws(KernelError) {
            bytes = try KernelFile.bytes(path)
        } catch {
            if error.errno == ENOENT { return ([], nil) }
            throw error
        }
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch {
            throw Fault(
                .internalFault,
                "\(path) does not decode: \(error). Restore it, or remove it to start without user-defined networks")
        }
        let networks = try (json["networks"].array ?? []).map { document in
            guard let network = NetworkRecord(stored: document) else {
                throw Fault(.internalFault, "\(path) holds a network that does not decode: \(document["Name"].text)")
            }
            return network
        }
        return (networks, json["localPrefix"].int.map { UInt64($0) })
    }

    func save(_ networks: [NetworkRecord], localPrefix: UInt64) throws(KernelError) {
        let json: JSON = ["networks": .array(networks.map(\.stored)), "localPrefix": JSON(localPrefix)]
        try KernelFile.replace(path, json.bytes())
    }
}

/// 64 random hex digits.
enum Identifier {
    static func make() -> String {
        (0..<4).map { _ in
            let text = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
    }
}

/// Now, in RFC 3339 with nanoseconds.
enum Timestamp {
    static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func pad(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = "\(number)"
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return pad(parts.tm_year + 1900, 4) + "-" + pad(parts.tm_mon + 1, 2) + "-" + pad(parts.tm_mday, 2) + "T"
            + pad(parts.tm_hour, 2) + ":" + pad(parts.tm_min, 2) + ":" + pad(parts.tm_sec, 2) + "."
            + pad(time.tv_nsec, 9) + "Z"
    }
}
