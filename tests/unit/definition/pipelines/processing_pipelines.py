"""Processing jobs."""

from __future__ import annotations

from typing import Any

from catalogue import CODE, OTHER, shows
from sdk_objects import image, pipeline, processing_input, processing_output
from sdk_objects import script_processor as processor


@shows("ProcessingStep", "`ScriptProcessor`, with inputs and arguments")
def script_processor(ctx: Any) -> Any:
    from sagemaker.mlops.workflow.steps import ProcessingStep

    arguments = processor(ctx).run(
        code=str(CODE / "preprocess.py"),
        inputs=[processing_input("data", ctx.input_data_uri)],
        arguments=["--size", "0.2"],
    )
    return pipeline(ctx, ProcessingStep(name="Process", step_args=arguments), parameters=[ctx.input_data_uri])


@shows("ProcessingStep", "`FrameworkProcessor` with `source_dir` and `requirements`")
def framework_processor(ctx: Any) -> Any:
    from sagemaker.core.processing import FrameworkProcessor
    from sagemaker.mlops.workflow.steps import ProcessingStep

    framework = FrameworkProcessor(
        image_uri=image(ctx),
        role=ctx.role_arn,
        instance_type="ml.m5.large",
        instance_count=1,
        sagemaker_session=ctx.session,
    )
    arguments = framework.run(code="preprocess.py", source_dir=str(CODE), requirements="requirements.txt")
    return pipeline(ctx, ProcessingStep(name="Process", step_args=arguments))


@shows("ProcessingStep", "`FrameworkProcessor` with `dependencies`")
def framework_processor_with_dependencies(ctx: Any) -> Any:
    from sagemaker.core.processing import FrameworkProcessor
    from sagemaker.mlops.workflow.steps import ProcessingStep

    framework = FrameworkProcessor(
        image_uri=image(ctx),
        role=ctx.role_arn,
        command=["python3", "-u"],
        instance_type="ml.m5.large",
        instance_count=2,
        sagemaker_session=ctx.session,
    )
    arguments = framework.run(
        code="preprocess.py",
        source_dir=str(CODE),
        dependencies=[str(OTHER / "helpers")],
        requirements="requirements.txt",
        outputs=[processing_output("train", ctx.s3_uri("train"))],
    )
    return pipeline(ctx, ProcessingStep(name="Process", step_args=arguments))


@shows("ProcessingStep", "in a VPC, with KMS keys, network isolation and encrypted traffic")
def processing_in_a_vpc(ctx: Any) -> Any:
    from sagemaker.core.network import NetworkConfig
    from sagemaker.mlops.workflow.steps import ProcessingStep

    secured = processor(
        ctx,
        volume_kms_key="arn:aws:kms:eu-west-1:111122223333:key/volume",
        output_kms_key="arn:aws:kms:eu-west-1:111122223333:key/output",
        network_config=NetworkConfig(
            enable_network_isolation=True,
            security_group_ids=["sg-0123456789abcdef0"],
            subnets=["subnet-0123456789abcdef0"],
            encrypt_inter_container_traffic=True,
        ),
    )
    arguments = secured.run(
        code=str(CODE / "preprocess.py"), outputs=[processing_output("train", ctx.s3_uri("train"))]
    )
    return pipeline(ctx, ProcessingStep(name="Process", step_args=arguments))


def _spark(ctx: Any, processor_class: Any, **options: Any) -> Any:
    return processor_class(
        base_job_name="spark",
        framework_version="3.3",
        role=ctx.role_arn,
        instance_count=2,
        instance_type="ml.m5.xlarge",
        sagemaker_session=ctx.session,
        **options,
    )


@shows("ProcessingStep", "`PySparkProcessor` with a local `submit_app`, Python files, jars and configuration")
def pyspark_processor(ctx: Any) -> Any:
    from sagemaker.core.spark.processing import PySparkProcessor
    from sagemaker.mlops.workflow.steps import ProcessingStep

    arguments = _spark(ctx, PySparkProcessor).run(
        submit_app=str(OTHER / "submit.py"),
        submit_py_files=[str(OTHER / "helpers" / "shared.py")],
        submit_jars=[str(OTHER / "lib.jar")],
        submit_files=[str(OTHER / "baseline.csv")],
        arguments=["--input", ctx.input_data_uri],
        configuration=[{"Classification": "spark-defaults", "Properties": {"spark.executor.cores": "2"}}],
        spark_event_logs_s3_uri=ctx.s3_uri("spark-events"),
    )
    return pipeline(ctx, ProcessingStep(name="Spark", step_args=arguments), parameters=[ctx.input_data_uri])


@shows("ProcessingStep", "`SparkJarProcessor` with a local jar")
def spark_jar_processor(ctx: Any) -> Any:
    from sagemaker.core.spark.processing import SparkJarProcessor
    from sagemaker.mlops.workflow.steps import ProcessingStep

    arguments = _spark(ctx, SparkJarProcessor).run(
        submit_app=str(OTHER / "lib.jar"), submit_class="com.example.Main", arguments=["--dry-run"]
    )
    return pipeline(ctx, ProcessingStep(name="Spark", step_args=arguments))
