import CommandLine
import Compose
import JSON

extension Project {
    /// What is known of a project without its files: services and their dependencies, from containers' labels.
    static func from(_ containers: [ProjectContainer], name: String) -> Project {
        var services: [String: Service] = [:]
        for container in containers where !container.service.isEmpty && services[container.service] == nil {
            var dependsOn: JSON = [:]
            for text in container.label(Label.dependsOn).parts(",") where !text.isEmpty {
                let parts = text.parts(":")
                dependsOn[parts[0]] = [
                    "condition": .string(parts.count > 1 ? parts[1] : "service_started"),
                    "restart": .bool(parts.count > 2 && parts[2] == "true"), "required": false,
                ]
            }
            var json: JSON = ["image": container.json["Image"]]
            if dependsOn.object?.isEmpty == false { json["depends_on"] = dependsOn }
            services[container.service] = Service(name: container.service, json: json)
        }
        return Project(name: name, services: services)
    }
}
