import DockerModel
import Fault
import JSON

// Delete a line when its method is written; the file goes with its last line.
extension Engine {
    package func containerStats(_ ref: String, stream: Bool, oneShot: Bool) async throws -> JSONSource {
        throw unwritten(#function)
    }
    package func topContainer(_ ref: String, psArguments: String) async throws -> JSON { throw unwritten(#function) }
    package func containerChanges(_ ref: String) async throws -> JSON { throw unwritten(#function) }
    package func exportContainer(_ ref: String) async throws -> ByteSource { throw unwritten(#function) }
    package func statPath(_ ref: String, path: String) async throws -> JSON { throw unwritten(#function) }
    package func getArchive(_ ref: String, path: String) async throws -> (stat: JSON, tar: ByteSource) {
        throw unwritten(#function)
    }
    package func putArchive(_ ref: String, path: String, noOverwriteDirNonDir: Bool, copyUIDGID: Bool, tar: ByteSource)
        async throws
    { throw unwritten(#function) }
}
