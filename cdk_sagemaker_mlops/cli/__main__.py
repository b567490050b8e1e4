"""`python -m cdk_sagemaker_mlops.cli`, for where the console script is not on the path."""

from cdk_sagemaker_mlops.cli import main

main()
