"""The papers behind the methods, by key."""

from __future__ import annotations

__all__ = ["BIBLIOGRAPHY"]

BIBLIOGRAPHY: dict[str, str] = {
    "breslow1974": (
        "Breslow N, Crowley J. A large sample study of the life table and product limit estimates under random "
        "censorship. Annals of Statistics 1974; 2: 437-453."
    ),
    "brookmeyer1982": (
        "Brookmeyer R, Crowley J. A confidence interval for the median survival time. Biometrics 1982; 38: 29-41."
    ),
    "brown2001": (
        "Brown LD, Cai TT, DasGupta A. Interval estimation for a binomial proportion. "
        "Statistical Science 2001; 16: 101-133."
    ),
    "clopper1934": (
        "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case of the binomial. "
        "Biometrika 1934; 26: 404-413."
    ),
    "collett2015": ("Collett D. Modelling Survival Data in Medical Research. 3rd ed. Boca Raton: CRC Press; 2015."),
    "connor1969": (
        "Connor RJ, Mosimann JE. Concepts of independence for proportions with a generalization of the Dirichlet "
        "distribution. Journal of the American Statistical Association 1969; 64: 194-206."
    ),
    "freedman1982": (
        "Freedman LS. Tables of the number of patients required in clinical trials using the logrank test. "
        "Statistics in Medicine 1982; 1: 121-129."
    ),
    "greenwood1926": (
        "Greenwood M. The natural duration of cancer. Reports on Public Health and Medical Subjects 33. "
        "London: Her Majesty's Stationery Office; 1926."
    ),
    "lachin1986": (
        "Lachin JM, Foulkes MA. Evaluation of sample size and power for analyses of survival with allowance for "
        "nonuniform patient entry, losses to follow-up, noncompliance, and stratification. "
        "Biometrics 1986; 42: 507-519."
    ),
    "lakatos1988": (
        "Lakatos E. Sample sizes based on the log-rank statistic in complex clinical trials. "
        "Biometrics 1988; 44: 229-241."
    ),
    "lin1989": (
        "Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model. "
        "Journal of the American Statistical Association 1989; 84: 1074-1078."
    ),
    "mantel1966": (
        "Mantel N. Evaluation of survival data and two new rank order statistics arising in its consideration. "
        "Cancer Chemotherapy Reports 1966; 50: 163-170."
    ),
    "neuhaus1993": (
        "Neuhaus G. Conditional rank tests for the two-sample problem under random censorship. "
        "Annals of Statistics 1993; 21: 1760-1779."
    ),
    "ohagan2005": (
        "O'Hagan A, Stevens JW, Campbell MJ. Assurance in clinical trial design. "
        "Pharmaceutical Statistics 2005; 4: 187-201."
    ),
    "parmar1998": (
        "Parmar MKB, Torri V, Stewart L. Extracting summary statistics to perform meta-analyses of the published "
        "literature for survival endpoints. Statistics in Medicine 1998; 17: 2815-2834."
    ),
    "schoenfeld1981": (
        "Schoenfeld D. The asymptotic properties of nonparametric tests for comparing survival distributions. "
        "Biometrika 1981; 68: 316-319."
    ),
    "schoenfeld1983": (
        "Schoenfeld DA. Sample-size formula for the proportional-hazards regression model. "
        "Biometrics 1983; 39: 499-503."
    ),
    "tierney2007": (
        "Tierney JF, Stewart LA, Ghersi D, Burdett S, Sydes MR. Practical methods for incorporating summary "
        "time-to-event data into meta-analysis. Trials 2007; 8: 16."
    ),
    "zhong2008": (
        "Zhong H, Prentice RL. Bias-reduced estimators and confidence intervals for odds ratios in genome-wide "
        "association studies. Biostatistics 2008; 9: 621-634."
    ),
}
