import ContainerRuntime
import DockerModel
import Fault
import JSON
import Linux
import NIOPosix

extension Engine {
    /// The processes of a container as the host's ps(1) shows them, or, where there is none, as we do.
    package func topContainer(_ ref: String, psArguments: String) async throws -> JSON {
        let record = try container(ref).record
        guard record.state.isRunning else { throw Fault(.conflict, "container \(record.id) is not running") }
        if record.state.isRestarting {
            throw Fault(.conflict, "Container \(record.id) is restarting, wait until the container is running")
        }
        let arguments = psArguments.isEmpty ? "-ef" : psArguments
        try ProcessTable.check(arguments)
        let pids = try await runtime.processes(record.id)
        let table = try await NIOThreadPool.singleton.runIfActive {
            try ProcessTable.program.map { try ProcessTable.run($0, arguments) } ?? ProcessTable.own(pids)
        }
        publish("top", record)
        return try table.only(pids).document
    }
}
