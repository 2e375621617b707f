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

/// The receiving side of one tree: takes what has arrived, does it in one go, and answers in one go.
private struct FileReceiver {
    private let stream: GRPCStream
    private let intake: FileIntake
    private let progress: @Sendable (Int64) async -> Void

    init(_ stream: GRPCStream, _ fill: FolderFill, _ progress: @escaping @Sendable (Int64) async -> Void) {
        self.stream = stream
        intake = FileIntake(fill)
        self.progress = progress
    }

    func run() async throws {
        var told: Int64 = 0
        while true {
            let messages = try await stream.receiveAll()
            guard !messages.isEmpty else { throw FileSyncFault("the sender ended in the middle") }
            let intake = intake
            let answers = try await onPool { try intake.take(messages) }
            try await stream.send(all: answers.map(\.bytes))
            if intake.hasEnded { break }
            guard intake.bytes - told > 1 << 20 else { continue }
            told = intake.bytes
            await progress(told)
        }
        // The sender may have left with its last packet.
        try? await stream.closeSend()
        while try await stream.receive() != nil {}
        let intake = intake
        try await onPool { try intake.close() }
        await progress(intake.bytes)
    }
}

/// What becomes of packets, and what is answered. Blocking; one caller at a time.
private final class FileIntake: @unchecked Sendable {
    // Unchecked: one task, which waits for each call's end.
    private let fill: FolderFill
    /// Files that were named, and for which nobody has asked yet because too many are open.
    private var waiting: ArraySlice<(FileStatus, UInt32)> = []
    private var count: UInt32 = 0
    private var isNamed = false
    private var hasAskedEnd = false
    private(set) var hasEnded = false

    init(_ fill: FolderFill) { self.fill = fill }

    var bytes: Int64 { fill.bytes }

    func close() throws { try fill.close() }

    func take(_ messages: [ByteBuffer]) throws -> [FilePacket] {
        var answers: [FilePacket] = []
        for message in messages {
            let packet = try FilePacket(message.readableBytesView)
            switch packet.kind {
            case .status: try named(packet.status, &answers)
            case .data where packet.data.isEmpty:
                try fill.finish(packet.id)
                try askOn(&answers)
            case .data: try fill.write(packet.data, to: packet.id)
            case .end: hasEnded = true
            case .failure:
                throw FileSyncFault("error from sender: \(String(decoding: packet.data, as: UTF8.self))")
            case .request: throw FileSyncFault("the sender asks for a file")
            }
        }
        if isNamed, waiting.isEmpty, fill.openFiles == 0, !hasAskedEnd {
            hasAskedEnd = true
            answers.append(FilePacket(.end))
        }
        return answers
    }

    private func named(_ status: FileStatus?, _ answers: inout [FilePacket]) throws {
        guard let status else { return isNamed = true }
        guard count < FileSyncLimit.entries else {
            throw FileSyncFault("the folder has more than \(FileSyncLimit.entries) files")
        }
        let number = count
        count += 1
        guard status.isFile, !waiting.isEmpty || status.link.isEmpty && fill.openFiles >= FileSyncLimit.openFiles else {
            return try add(status, number, &answers)
        }
        // Also another name of a file that isn't here yet waits behind it.
        try status.checkPath()
        waiting.append((status, number))
    }

    private func add(_ status: FileStatus, _ number: UInt32, _ answers: inout [FilePacket]) throws {
        if try fill.add(status, number: number) { answers.append(FilePacket(.request, id: number)) }
    }

    private func askOn(_ answers: inout [FilePacket]) throws {
        while let (status, number) = waiting.first, fill.openFiles < FileSyncLimit.openFiles {
            waiting.removeFirst()
            try add(status, number, &answers)
        }
    }
}

/// Blocking work, away from the cooperative pool.
func onPool<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await NIOThreadPool.singleton.runIfActive(work)
}
