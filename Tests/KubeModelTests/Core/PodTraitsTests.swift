import JSON
import Testing

@testable import KubeModel

@Suite struct PodTraitsTests {
    private static func spec(_ resources: JSON..., whole: JSON = nil) -> JSON {
        var spec: JSON = ["containers": .array(resources.map { ["name": "c", "resources": $0] })]
        if !whole.isNull { spec["resources"] = whole }
        return spec
    }

    @Test("the class of service follows what is asked and limited")
    func quality() {
        let full: JSON = [
            "limits": ["cpu": "1", "memory": "1Gi"], "requests": ["cpu": "1000m", "memory": "1024Mi"],
        ]
        #expect(QualityOfService.ofPod(Self.spec([:])) == "BestEffort")
        #expect(QualityOfService.ofPod(Self.spec(["requests": ["cpu": "0"]])) == "BestEffort")
        #expect(QualityOfService.ofPod(Self.spec(full)) == "Guaranteed")
        #expect(QualityOfService.ofPod(Self.spec(full, [:])) == "Burstable")
        #expect(QualityOfService.ofPod(Self.spec(["requests": ["cpu": "1"]])) == "Burstable")
        #expect(QualityOfService.ofPod(Self.spec(["limits": ["cpu": "1"], "requests": ["cpu": "1"]])) == "Burstable")
        #expect(QualityOfService.ofPod(Self.spec([:], whole: full)) == "Guaranteed")
    }

    @Test("requests are the limits where they aren't given; a template keeps what it says")
    func requests() {
        let pods = CoreKind("Pod"), templates = CoreKind("PodTemplate")
        let spec = Self.spec(["limits": ["cpu": "1", "memory": "1Gi"], "requests": ["cpu": "500m"]])
        #expect(
            pods.defaulted(["spec": spec])["spec", "containers"][0]["resources"]["requests"]
                == ["cpu": "500m", "memory": "1Gi"])
        #expect(
            templates.defaulted(["template": ["spec": spec]])["template", "spec", "containers"][0]["resources"][
                "requests"]
                == ["cpu": "500m"])
    }

    @Test("a whole pod's requests are its containers' together, or its limits")
    func wholePod() {
        let pods = CoreKind("Pod")
        let pod = pods.defaulted([
            "spec": Self.spec(
                ["requests": ["cpu": "100m"]], ["requests": ["cpu": "200m"]],
                whole: ["limits": ["cpu": "1", "memory": "1Gi"]])
        ])
        #expect(pod["spec", "resources", "requests"] == ["cpu": "300m", "memory": "1Gi"])
        let small = FaultsOf.pod(
            Self.spec(["requests": ["cpu": "2"]], whole: ["requests": ["cpu": "1"], "limits": ["cpu": "3"]]))
        #expect(
            small == [
                "spec.resources.requests[cpu]: Invalid value: \"1\": must be greater than or equal to aggregate "
                    + "container "
                    + "requests of 2"
            ])
    }

    private enum FaultsOf {
        static func pod(_ spec: JSON) -> [String] {
            var pod: JSON = ["metadata": ["name": "a"], "spec": spec]
            pod["spec", "containers"] = .array(
                spec.list("containers").map { container in
                    var container = container
                    container["image"] = "i:1"
                    return container
                })
            return CoreKind("Pod").faults(pod)
        }
    }

    @Test("amounts finer than a thousandth are rounded up")
    func fine() {
        let pod = CoreKind("Pod").defaulted(["spec": Self.spec(["requests": ["cpu": "1100u", "memory": "1Gi"]])])
        #expect(pod["spec", "containers"][0]["resources"]["requests"] == ["cpu": "2m", "memory": "1Gi"])
    }

    @Test("what a selector of pods may ask for")
    func fields() {
        let pod: JSON = [
            "spec": ["nodeName": "n", "hostNetwork": true, "restartPolicy": "Never", "schedulerName": "s"],
            "status": ["phase": "Running", "podIP": "10.0.0.1"],
        ]
        let fields = PodKind.rules.selectableFields(pod)
        #expect(fields["spec.nodeName"] == "n" && fields["spec.host"] == "n")
        #expect(fields["spec.hostNetwork"] == "true" && fields["status.podIP"] == "10.0.0.1")
        #expect(fields["status.phase"] == "Running" && fields["spec.restartPolicy"] == "Never")
        #expect(PodKind.rules.selectableFields([:])["spec.hostNetwork"] == "false")
    }

    private func warnings(_ spec: JSON, name: String = "web", annotations: JSON = nil) -> [String] {
        var pod: JSON = ["metadata": ["name": .string(name)], "spec": spec]
        if !annotations.isNull { pod["metadata", "annotations"] = annotations }
        return PodKind.rules.warnings(CoreKind("Pod").defaulted(pod), nil)
    }

    @Test("warnings")
    func warningTexts() {
        #expect(warnings(["containers": [["name": "a", "image": "b"]]]) == [])
        #expect(
            warnings(["nodeSelector": ["beta.kubernetes.io/os": "linux"]]) == [
                "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead"
            ])
        #expect(
            warnings(["volumes": [["name": "g", "gitRepo": ["repository": "r"]]]])
                == ["spec.volumes[0].gitRepo: deprecated in v1.11"])
        #expect(
            warnings(["terminationGracePeriodSeconds": -1]) == [
                "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
            ])
        #expect(
            warnings([
                "containers": [
                    [
                        "name": "a",
                        "env": [
                            ["name": "X", "value": "1"], ["name": "X", "value": "$(X)2"], ["name": "X", "value": "3"],
                        ],
                    ]
                ]
            ]) == [
                "spec.containers[0].env[2]: hides previous definition of \"X\", which may be dropped when using apply"
            ])
        #expect(
            warnings([
                "containers": [
                    ["name": "a", "ports": [["containerPort": 80]]], ["name": "b", "ports": [["containerPort": 80]]],
                ]
            ]) == ["spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]"])
        #expect(
            warnings(["containers": [["name": "a", "resources": ["requests": ["memory": "500m"]]]]]) == [
                "spec.containers[0].resources.requests[memory]: fractional byte value \"500m\" is invalid, must be "
                    + "an integer"
            ])
        #expect(
            warnings(["imagePullSecrets": [["name": "a"], ["name": "a"], ["name": ""]]]) == [
                "spec.imagePullSecrets[1].name: duplicate name \"a\"",
                "spec.imagePullSecrets[2].name: invalid empty name \"\"",
            ])
        #expect(
            warnings([:], annotations: ["scheduler.alpha.kubernetes.io/critical-pod": ""]) == [
                "metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "
                    + "\"priorityClassName\" field instead"
            ])
        #expect(
            warnings([:], name: "a.b") == [
                "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS "
                    + "label is "
                    + "recommended: [must not contain dots]"
            ])
    }

    @Test("a template that didn't change isn't warned about again")
    func unchangedTemplate() {
        let template: JSON = ["spec": ["nodeSelector": ["beta.kubernetes.io/os": "linux"]]]
        let path = FieldPath("spec.template")
        #expect(
            PodSpecRules.warnings(template: template, old: nil, path).first?
                .hasPrefix("spec.template.spec.nodeSelector[beta.kubernetes.io/os]: ") == true)
        #expect(PodSpecRules.warnings(template: template, old: template, path) == [])
    }

    @Test("a template's faults stand where it is, and it may not debug")
    func template() {
        let faults = PodTemplateRules.validate(
            ["metadata": ["labels": ["a b": "c"]], "spec": ["ephemeralContainers": [["name": "d"]]]],
            FieldPath("spec.template")
        ).map(\.description)
        #expect(faults.first?.hasPrefix("spec.template.labels: Invalid value: \"a b\": ") == true)
        #expect(faults.contains("spec.template.spec.containers: Required value"))
        #expect(
            faults.last
                == "spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template"
        )
    }

    @Test("a difference is shown with three lines around it, in hunks")
    func difference() {
        let old: JSON = ["a": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], "b": true]
        let new: JSON = ["a": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13], "b": false]
        #expect(
            LineDiff.of(old, new)
                == "@@ -11,7 +11,7 @@\n   9,\n   10,\n   11,\n-  12\n+  13\n  ],\n- \"b\": true\n+ \"b\": false\n }\n")
        #expect(LineDiff.of(old, old) == "")
    }
}
