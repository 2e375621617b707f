import DockerModel
import Fault
import JSON

// Delete a line when its method is written; the file goes with its last line.
extension Engine {
    package func listContainers(all: Bool, limit: Int?, size: Bool, filters: Filters) async throws -> [JSON] {
        throw unwritten(#function)
    }
    package func createContainer(name: String?, platform: String?, body: JSON) async throws -> JSON {
        throw unwritten(#function)
    }
    package func inspectContainer(_ ref: String, size: Bool) async throws -> JSON { throw unwritten(#function) }
    package func startContainer(_ ref: String, detachKeys: String?) async throws { throw unwritten(#function) }
    package func stopContainer(_ ref: String, signal: String?, timeout: Int?) async throws {
        throw unwritten(#function)
    }
    package func restartContainer(_ ref: String, signal: String?, timeout: Int?) async throws {
        throw unwritten(#function)
    }
    package func killContainer(_ ref: String, signal: String?) async throws { throw unwritten(#function) }
    package func pauseContainer(_ ref: String) async throws { throw unwritten(#function) }
    package func unpauseContainer(_ ref: String) async throws { throw unwritten(#function) }
    package func renameContainer(_ ref: String, to name: String) async throws { throw unwritten(#function) }
    package func updateContainer(_ ref: String, body: JSON) async throws -> JSON { throw unwritten(#function) }
    package func removeContainer(_ ref: String, force: Bool, volumes: Bool, link: Bool) async throws {
        throw unwritten(#function)
    }
    package func resizeContainer(_ ref: String, height: Int, width: Int) async throws { throw unwritten(#function) }
    package func waitContainer(_ ref: String, condition: WaitCondition) async throws -> Task<JSON, any Error> {
        throw unwritten(#function)
    }
    package func attachContainer(_ ref: String, _ options: AttachOptions) async throws -> Attachment {
        throw unwritten(#function)
    }
    package func pruneContainers(_ filters: Filters) async throws -> JSON { throw unwritten(#function) }
    package func createExec(_ ref: String, body: JSON) async throws -> JSON { throw unwritten(#function) }
    package func startExec(_ id: String, body: JSON) async throws -> Attachment? { throw unwritten(#function) }
    package func resizeExec(_ id: String, height: Int, width: Int) async throws { throw unwritten(#function) }
    package func inspectExec(_ id: String) async throws -> JSON { throw unwritten(#function) }
    package func info() async throws -> JSON { throw unwritten(#function) }
    package func version() async throws -> JSON { throw unwritten(#function) }
    package func events(since: Int64?, until: Int64?, filters: Filters) async throws -> JSONSource {
        throw unwritten(#function)
    }
}
