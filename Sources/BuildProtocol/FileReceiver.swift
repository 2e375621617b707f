import NIOCore
import Wire

/// The receiving side of one tree: takes what has arrived, does it in one go, and answers in one go.
package struct FileReceiver {
    private let stream: GRPCStream
    private let intake: FileIntake
    private let progress: @Sendable (Int64) async -> Void
    private let isCaller: Bool

    /// - Parameters:
    ///   - isCaller: the call is ours, so that its end is ours to say; else its handler's return says it.
    ///   - progress: told the bytes that have come, now and then.
    package init(
        _ stream: GRPCStream, _ fill: FolderFill, isCaller: Bool,
        _ progress: @escaping @Sendable (Int64) async -> Void = { _ in }
    ) {
        self.stream = stream
        self.isCaller = isCaller
        intake = FileIntake(fill)
        self.progress = progress
    }

    package func run() async throws {
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
        let intake = intake
        try await onPool { try intake.close() }
        await progress(intake.bytes)
        guard isCaller else { return }
        // The sender may have left with its last packet.
        try? await stream.closeSend()
        while try await stream.receive() != nil {}
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

    /// Of all packets that came.
    private(set) var bytes: Int64 = 0

    func close() throws { try fill.close() }

    func take(_ messages: [ByteBuffer]) throws -> [FilePacket] {
        var answers: [FilePacket] = []
        for message in messages {
            bytes += Int64(message.readableBytes)
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
