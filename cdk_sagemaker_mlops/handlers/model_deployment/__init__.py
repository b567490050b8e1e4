"""Keeps an endpoint on the newest approved model package that works.

What the functions call, and on what. ``<stem>`` is the name prefix with the hash of the endpoint's name, see
:mod:`.names`; the last column says when: always, or with a part of the hosting config.

========================================================  =====================================  ==========
action                                                    on                                     when
========================================================  =====================================  ==========
sagemaker:ListModelPackages                               the group (no resource to narrow to)   always
sagemaker:DescribeModelPackage, UpdateModelPackage        the group's packages                   always
sagemaker:CreateModel                                     the group's packages, <stem>-* models  always
sagemaker:DeleteModel, AddTags                            <stem>-* models                        always
sagemaker:CreateEndpointConfig, DeleteEndpointConfig,
AddTags, ListTags                                         <stem>-* endpoint configs              always
sagemaker:ListEndpointConfigs, ListModels                 no resource to narrow to               always
sagemaker:CreateEndpoint, UpdateEndpoint                  the endpoint, <stem>-* configs         always
sagemaker:DeleteEndpoint, DescribeEndpoint, AddTags,
ListTags                                                  the endpoint                           always
sagemaker:InvokeEndpoint                                  the endpoint                           SmokeTest
sagemaker:InvokeEndpointAsync                             the endpoint                           and Async
s3:PutObject, GetObject, DeleteObject                     AsyncInferenceConfig's S3OutputPath    and Async
s3:GetObject, DeleteObject                                its S3FailurePath                      and Async
iam:PassRole                                              the execution role                     always
application-autoscaling:DeregisterScalableTarget          the endpoint's variant                 always
application-autoscaling:RegisterScalableTarget,
PutScalingPolicy, PutScheduledAction                      the endpoint's variant                 Scaling
cloudwatch:DeleteAlarms                                   alarm <stem>-backlog                   always
cloudwatch:PutMetricAlarm                                 alarm <stem>-backlog                   ScaleFromZero
cloudwatch:DescribeAlarms                                 * (for composite alarms)               alarms
sns:Publish                                               the topic                              TOPIC_ARN
events:PutEvents                                          the default bus                        always
sqs:GetQueueAttributes                                    the queue; the custom resource only    always
s3:GetObject                                              the artifacts, in the group's region   elsewhere
s3:GetObject, PutObject, DeleteObject,
AbortMultipartUpload                                      models/* in ArtifactBucket             elsewhere
s3:ListBucket                                             ArtifactBucket                         elsewhere
========================================================  =====================================  ==========

Always granted is also what undoes the wishes of an earlier hosting config. UpdateModelPackage only
writes ``CustomerMetadataProperties``; where a registry elsewhere denies it, outcomes are noted here alone.
"""
