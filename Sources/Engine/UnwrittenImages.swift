import DockerModel
import Fault
import JSON

// Delete a line when its method is written; the file goes with its last line.
extension Engine {
    package func listImages(all: Bool, digests: Bool, sharedSize: Bool, filters: Filters) async throws -> [JSON] {
        throw unwritten(#function)
    }
    package func inspectImage(_ ref: String, platform: String?) async throws -> JSON { throw unwritten(#function) }
    package func imageHistory(_ ref: String, platform: String?) async throws -> JSON { throw unwritten(#function) }
    package func importImage(reference: String?, message: String, changes: [String], platform: String?, tar: ByteSource)
        async throws -> String
    { throw unwritten(#function) }
    package func tagImage(_ ref: String, repository: String, tag: String) async throws { throw unwritten(#function) }
    package func removeImage(_ ref: String, force: Bool, prune: Bool) async throws -> JSON {
        throw unwritten(#function)
    }
    package func pruneImages(_ filters: Filters) async throws -> JSON { throw unwritten(#function) }
    package func saveImages(_ refs: [String], platform: String?) async throws -> ByteSource {
        throw unwritten(#function)
    }
    package func loadImages(_ tar: ByteSource, quiet: Bool, progress: @escaping ProgressSink) async throws {
        throw unwritten(#function)
    }
    package func commitContainer(
        _ ref: String, reference: String?, author: String, message: String, pause: Bool, changes: [String], config: JSON
    ) async throws -> JSON { throw unwritten(#function) }
    package func diskUsage(types: [String]) async throws -> JSON { throw unwritten(#function) }
}
