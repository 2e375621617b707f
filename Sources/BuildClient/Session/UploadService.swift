import NIOCore
import Wire

/// Gives what came in by standard input, under an address that only this session knows (upload.proto).
struct UploadService: SessionService {
    let methods = ["/moby.upload.v1.Upload/Pull"]
    let name: String
    /// Nil at the end.
    let next: @Sendable () async throws -> ByteBuffer?

    var address: String { "http://buildkit-session/\(name)" }

    private static let pieceBytes = 1 << 20

    func answer(_ call: GRPCStream) async throws {
        guard call.values("urlpath").first == "/" + name else {
            throw GRPCStatus(.notFound, "no upload of that name")
        }
        while var piece = try await next() {
            while let part = piece.readSlice(length: min(piece.readableBytes, Self.pieceBytes)), part.readableBytes > 0
            {
                try await call.send(bytes: part.readableBytesView)
            }
        }
    }
}
