import JSON

/// What every kind that holds a pod spec shares: defaults, checks, warnings.
package enum PodSpecRules {}

extension PodSpecRules {
    /// The defaults that a spec gets wherever it stands, in a pod or in a template.
    package static func applyDefaults(_ spec: inout JSON) {
        spec.fillZero("restartPolicy", "Always")
        spec.fillMissing("terminationGracePeriodSeconds", 30)
        spec.fillZero("dnsPolicy", "ClusterFirst")
        spec.fillMissing("securityContext", [:])
        spec.fillZero("schedulerName", "default-scheduler")
        matchServiceAccount(&spec)
        ResourceRules.roundAmounts(&spec, "overhead")
        spec.editEach("volumes", applyVolumeDefaults)
        for list in containerLists { spec.editEach(list, applyContainerDefaults) }
    }

    static let containerLists = ["initContainers", "containers", "ephemeralContainers"]

    /// `serviceAccount` is the old name of `serviceAccountName`: one stands for the other when it is missing, and an
    /// answer has both. Also after admission has named one.
    package static func matchServiceAccount(_ spec: inout JSON) {
        let name = spec.text("serviceAccountName")
        if !name.isEmpty {
            if spec.text("serviceAccount") != name { spec["serviceAccount"] = .string(name) }
        } else if spec.has("serviceAccount"), spec["serviceAccount"] != "" {
            spec["serviceAccountName"] = spec["serviceAccount"]
        }
    }

    static func applyContainerDefaults(_ container: inout JSON) {
        container.fillMissing("resources", [:])
        container.edit("resources") { ResourceRules.roundAmounts(&$0, "limits", "requests") }
        container.fillZero("terminationMessagePath", "/dev/termination-log")
        container.fillZero("terminationMessagePolicy", "File")
        container.fillZero("imagePullPolicy", .string(ImagePullPolicy.standing(for: container.text("image"))))
        container.editEach("ports") { $0.fillZero("protocol", "TCP") }
        container.editEach("env") { variable in
            variable.edit("valueFrom") { source in
                source.edit("fieldRef") { $0.fillZero("apiVersion", "v1") }
                source.edit("resourceFieldRef") { $0.fillMissing("divisor", "0") }
                source.edit("fileKeyRef") { $0.fillMissing("optional", false) }
            }
        }
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            container.edit(probe, applyProbeDefaults)
        }
        container.edit("lifecycle") { lifecycle in
            for hook in ["postStart", "preStop"] {
                lifecycle.edit(hook) { $0.edit("httpGet", applyRequestDefaults) }
            }
        }
    }

    private static func applyProbeDefaults(_ probe: inout JSON) {
        probe.fillZero("timeoutSeconds", 1)
        probe.fillZero("periodSeconds", 10)
        probe.fillZero("successThreshold", 1)
        probe.fillZero("failureThreshold", 3)
        probe.edit("httpGet", applyRequestDefaults)
        probe.edit("grpc") { $0.fillMissing("service", "") }
    }

    private static func applyRequestDefaults(_ request: inout JSON) {
        request.fillZero("path", "/")
        request.fillZero("scheme", "HTTP")
    }
}
