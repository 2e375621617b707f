import JSON

enum CSIVolumes {
    /// Longest name of a driver, in bytes.
    private static let driverLimit = 63

    static func checkDriver(_ name: String, _ path: FieldPath, _ faults: inout Faults) {
        if name.isEmpty { faults.required(path) }
        if name.utf8.count > driverLimit { faults.add(.tooLong(path, maxLength: driverLimit)) }
        for detail in Names.dnsSubdomain(name.lowercased()) { faults.invalid(path, .string(name), detail) }
    }

    /// Of a pod.
    static func check(_ volume: JSON, _ path: FieldPath, _ faults: inout Faults) {
        checkDriver(volume.text("driver"), path["driver"], &faults)
        guard volume.has("nodePublishSecretRef") else { return }
        let name = volume["nodePublishSecretRef"].text("name")
        if name.isEmpty {
            faults.required(path["nodePublishSecretRef"]["name"])
        } else {
            faults.check(name, path["name"], Names.dnsSubdomain)
        }
    }

    /// Of a persistent volume.
    static func checkPersistent(_ volume: JSON, _ path: FieldPath, _ faults: inout Faults) {
        checkDriver(volume.text("driver"), path["driver"], &faults)
        faults.checkPresent(volume, "volumeHandle", path)
        let references = [
            "controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef",
        ]
        for name in references where volume.has(name) {
            let (secret, path) = (volume[name], path[name])
            faults.checkRequired(secret.text("name"), path["name"], Names.dnsSubdomain)
            faults.checkRequired(secret.text("namespace"), path["namespace"], Names.dnsLabel)
        }
    }
}
