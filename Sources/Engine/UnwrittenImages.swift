import DockerModel
import Fault
import JSON

// Delete a line when its method is written; the file goes with its last line.
extension Engine {
    package func importImage(reference: String?, message: String, changes: [String], platform: String?, tar: ByteSource)
        async throws -> String
    { throw unwritten(#function) }
    package func saveImages(_ refs: [String], platform: String?) async throws -> ByteSource {
        throw unwritten(#function)
    }
    package func commitContainer(
        _ ref: String, reference: String?, author: String, message: String, pause: Bool, changes: [String], config: JSON
    ) async throws -> JSON { throw unwritten(#function) }
    package func diskUsage(types: [String]) async throws -> JSON { throw unwritten(#function) }
}
