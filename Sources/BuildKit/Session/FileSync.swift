import Builder
import Fault
import Linux
import NIOCore
import NIOPosix
import Protobuf
import Wire

/// What of a client's folder is wanted.
struct FileSyncRequest: Sendable, Equatable {
    /// `context`, `dockerfile`, or a named context's name.
    var name: String
    var includes: [String] = []
    var excludes: [String] = []
    /// These paths alone, and what their links lead to; empty: all.
    var follows: [String] = []

    /// As the call's metadata: text that isn't ASCII is encoded as in an address.
    var metadata: [(name: String, value: String)] {
        var metadata: [(name: String, value: String)] = []
        for (key, values) in [
            ("include-patterns", includes), ("exclude-patterns", excludes), ("followpaths", follows),
            ("dir-name", [name]),
        ] {
            let isPlain = values.allSatisfy { $0.utf8.allSatisfy { (0x20..<0x7F).contains($0) } }
            for value in values { metadata.append((key, isPlain ? value : Self.encode(value))) }
            if !isPlain { metadata.append((key + "-encoded", "1")) }
        }
        return metadata
    }

    /// Go's url.QueryEscape.
    static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { encoded, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "): encoded += "+"
            default: encoded += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}

extension Session {
    static let diffCopy = "/moby.filesync.v1.FileSync/DiffCopy"

    /// Brings the client's folder into an empty one.
    /// - Parameter progress: told the bytes that have come, now and then.
    func sync(
        _ request: FileSyncRequest, into folder: String, progress: @escaping @Sendable (Int64) async -> Void
    ) async throws {
        guard supports(Self.diffCopy) else { throw Fault(.invalid, "no local sources enabled") }
        let stream = try await connection.call(Self.diffCopy, metadata: request.metadata)
        defer { stream.cancel() }
        let fill = FolderFill(try SafeRoot(path: folder))
        do {
            try await FileReceiver(stream, fill, progress).run()
        } catch let fault as FileSyncFault {
            try? await stream.send(FilePacket(.failure, data: Array(fault.description.utf8)).bytes)
            throw Fault(.invalid, fault.description, cause: fault)
        }
    }
}

/// The receiving side of one tree.
private struct FileReceiver {
    private let stream: GRPCStream
    private let fill: FolderFill
    private let progress: @Sendable (Int64) async -> Void
    /// Files that were named, and for which nobody has asked yet because too many are open.
    private var waiting: [(FileStatus, UInt32)] = []
    private var count: UInt32 = 0
    private var isNamed = false
    private var hasAskedEnd = false
    private var told: Int64 = 0

    init(_ stream: GRPCStream, _ fill: FolderFill, _ progress: @escaping @Sendable (Int64) async -> Void) {
        self.stream = stream
        self.fill = fill
        self.progress = progress
    }

    consuming func run() async throws {
        var receiver = self
        while let message = try await receiver.stream.receive() {
            let packet = try FilePacket(message.readableBytesView)
            switch packet.kind {
            case .status: try await receiver.named(packet.status)
            case .data: try await receiver.content(packet)
            case .end:
                // The sender may have left with its last packet.
                try? await receiver.stream.closeSend()
                while try await receiver.stream.receive() != nil {}
                let fill = receiver.fill
                try await onPool { try fill.close() }
                await receiver.progress(fill.bytes)
                return
            case .failure:
                throw FileSyncFault("error from sender: \(String(decoding: packet.data, as: UTF8.self))")
            case .request: throw FileSyncFault("the sender asks for a file")
            }
        }
        throw FileSyncFault("the sender ended in the middle")
    }

    private mutating func named(_ status: FileStatus?) async throws {
        guard let status else {
            isNamed = true
            return try await endWhenDone()
        }
        guard count < FileSyncLimit.entries else {
            throw FileSyncFault("the folder has more than \(FileSyncLimit.entries) files")
        }
        let number = count
        count += 1
        if status.isFile, status.link.isEmpty, fill.openFiles >= FileSyncLimit.openFiles {
            try status.checkPath()
            waiting.append((status, number))
        } else {
            // Another name of a file that isn't here yet waits behind it.
            if !status.link.isEmpty, status.isFile, !waiting.isEmpty { return waiting.append((status, number)) }
            try await add(status, number)
        }
    }

    private func add(_ status: FileStatus, _ number: UInt32) async throws {
        let fill = fill
        if try await onPool({ try fill.add(status, number: number) }) {
            try await stream.send(FilePacket(.request, id: number).bytes)
        }
    }

    private mutating func content(_ packet: FilePacket) async throws {
        let fill = fill
        guard packet.data.isEmpty else {
            try await onPool { try fill.write(packet.data, to: packet.id) }
            if fill.bytes - told > 1 << 20 {
                told = fill.bytes
                await progress(told)
            }
            return
        }
        try await onPool { try fill.finish(packet.id) }
        while let (status, number) = waiting.first, fill.openFiles < FileSyncLimit.openFiles {
            waiting.removeFirst()
            try await add(status, number)
        }
        try await endWhenDone()
    }

    private mutating func endWhenDone() async throws {
        guard isNamed, waiting.isEmpty, fill.openFiles == 0, !hasAskedEnd else { return }
        hasAskedEnd = true
        try await stream.send(FilePacket(.end).bytes)
    }
}

/// Blocking work, away from the cooperative pool.
func onPool<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await NIOThreadPool.singleton.runIfActive(work)
}
