import JSON

/// Templates of pods, in whatever kind they stand.
package enum PodTemplateRules {
    package static func applyDefaults(_ template: inout JSON) {
        template.fillMissing("metadata", [:])
        template.fillMissing("spec", [:])
        template.edit("spec", PodSpecRules.applyDefaults)
    }

    package static func validate(
        _ template: JSON, _ path: FieldPath, _ options: PodSpecRules.Options = .init()
    ) -> [FieldError] {
        var faults = Faults()
        let (metadata, spec) = (template["metadata"], template["spec"])
        faults.checkLabels(metadata["labels"], path["labels"])
        let annotations = path["annotations"]
        faults.add(MetadataRules.validateAnnotations(metadata["annotations"], annotations))
        PodAnnotations.check(metadata, spec, annotations, &faults)
        faults.add(PodSpecRules.validate(spec, path["spec"], options))
        PodAnnotations.checkAgreement(metadata, spec, path["spec"], &faults)
        if !spec.list("ephemeralContainers").isEmpty {
            faults.forbidden(
                path["spec"]["ephemeralContainers"], "ephemeral containers not allowed in pod template")
        }
        return faults.all
    }
}
