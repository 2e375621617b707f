import BuildProtocol
import NIOCore
import CLinux
import CommandLine
import Fault
import Linux
import Protobuf
import Wire

/// Where one of a build's outputs goes on the client's side.
package enum ExportPlace: Sendable {
    case file(String)
    case stream(Output)
    /// What is there already and has the same names is replaced.
    case folder(String)
}

/// Takes results (filesync.proto, FileSend).
struct ExportService: SessionService {
    let methods = ["/moby.filesync.v1.FileSend/DiffCopy"]
    /// By the outputs' numbers in the build.
    let places: [Int: ExportPlace]

    func answer(_ call: GRPCStream) async throws {
        // Builders that know one output only don't say which.
        let number = call.values("buildkit-attachable-exporter-id").first.flatMap { Int($0) }
        guard let place = number.flatMap({ places[$0] }) ?? places.values.first else {
            throw GRPCStatus(.notFound, "the build has no such output")
        }
        do {
            switch place {
            case .folder(let path): try await fill(path, call)
            case .file(let path): try await write(path, call)
            case .stream(let output):
                try await write(call) { bytes in
                    guard output.write(bytes) else { throw GRPCStatus(.unknown, "the output can't be written") }
                }
            }
        } catch let fault as FileSyncFault {
            throw GRPCStatus(.unknown, fault.description)
        } catch let error as KernelError {
            throw GRPCStatus(.unknown, "\(error)")
        } catch let fault as Fault {
            throw GRPCStatus(.unknown, fault.message)
        }
    }

    private func fill(_ path: String, _ call: GRPCStream) async throws {
        let root = try await onPool {
            try WholeFile.makeFolders(path, mode: 0o755)
            return try SafeRoot(path: path)
        }
        try await FileReceiver(call, FolderFill(root, replaces: true), isCaller: false).run()
    }

    /// A file that doesn't come to its end is taken away.
    private func write(_ path: String, _ call: GRPCStream) async throws {
        let file = try await onPool {
            try WholeFile.makeFolders(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".", mode: 0o755)
            return try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        }
        do {
            try await write(call) { bytes in try await onPool { try file.writeAll(bytes, subject: path) } }
        } catch {
            _ = unlink(path)
            throw error
        }
    }

    private func write(_ call: GRPCStream, _ put: @Sendable ([UInt8]) async throws -> Void) async throws {
        while let message = try await call.receive() {
            try await put(try ProtobufFields(message.readableBytesView).bytes(1))
        }
    }
}
