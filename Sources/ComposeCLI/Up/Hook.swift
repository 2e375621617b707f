import Compose
import DockerCLI
import JSON
import NIOCore
import Wire

/// A command that a service runs in its containers after their start or before their stop.
struct Hook: Sendable {
    let api: ProjectAPI
    var logs: LogPrinter?

    func run(_ hook: JSON, in container: ProjectContainer, _ service: Service) async throws {
        var body: JSON = ["Cmd": hook["command"], "AttachStdout": true, "AttachStderr": true]
        if let user = hook["user"].string { body["User"] = .string(user) }
        if let folder = hook["working_dir"].string { body["WorkingDir"] = .string(folder) }
        if hook["privileged"].bool == true { body["Privileged"] = true }
        let variables = (hook["environment"].object ?? JSONObject()).map { name, value in
            value.string.map { "\(name)=\($0)" } ?? name
        }
        if !variables.isEmpty { body["Env"] = JSON(variables) }
        let id = try await api.client.post("/containers/\(container.id)/exec", body: body)["Id"].string ?? ""
        let stream = try await api.client.hijack("/exec/\(id)/start", body: ["Detach": false, "Tty": false])
        var frames = StreamFrames()
        let lines = logs?.source(container.shortName(project: api.project) + " ->")
        while let chunk = try await stream.connection.read() {
            try frames.feed(chunk) { isError, bytes in lines?.feed(Array(bytes), isError: isError) }
        }
        lines?.finish()
        let code = try await api.client.get("/exec/\(id)/json")["ExitCode"].int ?? 0
        guard code == 0 else { throw Failure("\(service.name) hook exited with status \(code)") }
    }
}
