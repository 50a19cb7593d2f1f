"""The papers behind the methods, by key."""

from __future__ import annotations

__all__ = ["BIBLIOGRAPHY"]

BIBLIOGRAPHY: dict[str, str] = {
    "anderson2010": ("Anderson KM, Clark JB. Fitting spending functions. Statistics in Medicine 2010; 29: 321-327."),
    "armitage1969": (
        "Armitage P, McPherson CK, Rowe BC. Repeated significance tests on accumulating data. "
        "Journal of the Royal Statistical Society A 1969; 132: 235-244."
    ),
    "boschloo1970": (
        "Boschloo RD. Raised conditional level of significance for the 2 x 2-table when testing the equality of two "
        "probabilities. Statistica Neerlandica 1970; 24: 1-9."
    ),
    "breslow1974": (
        "Breslow N, Crowley J. A large sample study of the life table and product limit estimates under random "
        "censorship. Annals of Statistics 1974; 2: 437-453."
    ),
    "breslow1987": (
        "Breslow NE, Day NE. Statistical Methods in Cancer Research II: The Design and Analysis of Cohort Studies. "
        "Lyon: IARC; 1987."
    ),
    "brookmeyer1982": (
        "Brookmeyer R, Crowley J. A confidence interval for the median survival time. Biometrics 1982; 38: 29-41."
    ),
    "brown2001": (
        "Brown LD, Cai TT, DasGupta A. Interval estimation for a binomial proportion. "
        "Statistical Science 2001; 16: 101-133."
    ),
    "chan1998": (
        "Chan ISF. Exact tests of equivalence and efficacy with a non-zero lower bound for comparative studies. "
        "Statistics in Medicine 1998; 17: 1403-1413."
    ),
    "chernick2002": (
        "Chernick MR, Liu CY. The saw-toothed behavior of power versus sample size and software solutions: single "
        "binomial proportion using exact methods. The American Statistician 2002; 56: 149-155."
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
    "fairbanks1982": (
        "Fairbanks K, Madsen R. P values for tests using a repeated significance test design. "
        "Biometrika 1982; 69: 69-74."
    ),
    "danzer2022": (
        "Danzer MF, Feld J, Faldum A, Schmidt R. Reference curve sampling variability in one-sample log-rank tests. "
        "PLoS ONE 2022; 17: e0271094."
    ),
    "farrington1990": (
        "Farrington CP, Manning G. Test statistics and sample size formulae for comparative binomial trials with null "
        "hypothesis of non-zero risk difference or non-unity relative risk. Statistics in Medicine 1990; 9: 1447-1454."
    ),
    "finkelstein2003": (
        "Finkelstein DM, Muzikansky A, Schoenfeld DA. Comparing survival of a sample to that of a standard "
        "population. Journal of the National Cancer Institute 2003; 95: 1434-1439."
    ),
    "fisher1935": (
        "Fisher RA. The logic of inductive inference. Journal of the Royal Statistical Society 1935; 98: 39-82."
    ),
    "fleiss1980": (
        "Fleiss JL, Tytun A, Ury HK. A simple approximation for calculating sample sizes for comparing independent "
        "proportions. Biometrics 1980; 36: 343-346."
    ),
    "fleming1982": (
        "Fleming TR. One-sample multiple testing procedure for phase II clinical trials. Biometrics 1982; 38: 143-151."
    ),
    "freedman1982": (
        "Freedman LS. Tables of the number of patients required in clinical trials using the logrank test. "
        "Statistics in Medicine 1982; 1: 121-129."
    ),
    "greenwood1926": (
        "Greenwood M. The natural duration of cancer. Reports on Public Health and Medical Subjects 33. "
        "London: Her Majesty's Stationery Office; 1926."
    ),
    "hwang1990": (
        "Hwang IK, Shih WJ, DeCani JS. Group sequential designs using a family of type I error probability spending "
        "functions. Statistics in Medicine 1990; 9: 1439-1445."
    ),
    "jennison1989": (
        "Jennison C, Turnbull BW. Interim analyses: the repeated confidence interval approach. "
        "Journal of the Royal Statistical Society B 1989; 51: 305-361."
    ),
    "jung2004": (
        "Jung SH, Lee T, Kim K, George SL. Admissible two-stage designs for phase II cancer clinical trials. "
        "Statistics in Medicine 2004; 23: 561-569."
    ),
    "jung2004estimation": (
        "Jung SH, Kim KM. On the estimation of the binomial probability in multistage clinical trials. "
        "Statistics in Medicine 2004; 23: 881-896."
    ),
    "jung2006": (
        "Jung SH, Owzar K, George SL, Lee T. P-value calculation for multistage phase II cancer clinical trials. "
        "Journal of Biopharmaceutical Statistics 2006; 16: 765-775."
    ),
    "karrison1987": (
        "Karrison T. Restricted mean life with adjustment for covariates. "
        "Journal of the American Statistical Association 1987; 82: 1169-1176."
    ),
    "kim1987": (
        "Kim K, DeMets DL. Design and analysis of group sequential tests based on the type I error spending rate "
        "function. Biometrika 1987; 74: 149-154."
    ),
    "koyama2008": (
        "Koyama T, Chen H. Proper inference from Simon's two-stage designs. Statistics in Medicine 2008; 27: 3145-3154."
    ),
    "kwak2014": (
        "Kwak M, Jung SH. Phase II clinical trials with time-to-event endpoints: optimal two-stage designs with "
        "one-sample log-rank test. Statistics in Medicine 2014; 33: 2004-2016."
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
    "lan1983": (
        "Lan KKG, DeMets DL. Discrete sequential boundaries for clinical trials. Biometrika 1983; 70: 659-663."
    ),
    "lan1988": ("Lan KKG, Wittes J. The B-value: a tool for monitoring data. Biometrics 1988; 44: 579-585."),
    "lan1989": (
        "Lan KKG, DeMets DL. Group sequential procedures: calendar versus information time. "
        "Statistics in Medicine 1989; 8: 1191-1198."
    ),
    "lawless2003": ("Lawless JF. Statistical Models and Methods for Lifetime Data. 2nd ed. Hoboken: Wiley; 2003."),
    "lee2008": (
        "Lee JJ, Liu DD. A predictive probability design for phase II cancer clinical trials. "
        "Clinical Trials 2008; 5: 93-106."
    ),
    "lin1989": (
        "Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model. "
        "Journal of the American Statistical Association 1989; 84: 1074-1078."
    ),
    "mantel1966": (
        "Mantel N. Evaluation of survival data and two new rank order statistics arising in its consideration. "
        "Cancer Chemotherapy Reports 1966; 50: 163-170."
    ),
    "miettinen1985": (
        "Miettinen O, Nurminen M. Comparative analysis of two rates. Statistics in Medicine 1985; 4: 213-226."
    ),
    "dorey1987": (
        "Dorey FJ, Korn EL. Effective sample sizes for confidence intervals for survival probabilities. Statistics in "
        "Medicine 1987; 6: 679-687."
    ),
    "nagashima2021": (
        "Nagashima K, Noma H, Sato Y, Gosho M. Sample size calculations for single-arm survival studies using "
        "transformations of the Kaplan-Meier estimator. Pharmaceutical Statistics 2021; 20: 499-511."
    ),
    "neuhaus1993": (
        "Neuhaus G. Conditional rank tests for the two-sample problem under random censorship. "
        "Annals of Statistics 1993; 21: 1760-1779."
    ),
    "ohagan2005": (
        "O'Hagan A, Stevens JW, Campbell MJ. Assurance in clinical trial design. "
        "Pharmaceutical Statistics 2005; 4: 187-201."
    ),
    "pampallona2001": (
        "Pampallona S, Tsiatis AA, Kim K. Interim monitoring of group sequential trials using spending functions for "
        "the type I and type II error probabilities. Drug Information Journal 2001; 35: 1113-1121."
    ),
    "parmar1998": (
        "Parmar MKB, Torri V, Stewart L. Extracting summary statistics to perform meta-analyses of the published "
        "literature for survival endpoints. Statistics in Medicine 1998; 17: 2815-2834."
    ),
    "peto1976": (
        "Peto R, Pike MC, Armitage P, et al. Design and analysis of randomized clinical trials requiring prolonged "
        "observation of each patient. I. Introduction and design. British Journal of Cancer 1976; 34: 585-612."
    ),
    "schoenfeld1981": (
        "Schoenfeld D. The asymptotic properties of nonparametric tests for comparing survival distributions. "
        "Biometrika 1981; 68: 316-319."
    ),
    "schoenfeld1983": (
        "Schoenfeld DA. Sample-size formula for the proportional-hazards regression model. "
        "Biometrics 1983; 39: 499-503."
    ),
    "spiegelhalter1986": (
        "Spiegelhalter DJ, Freedman LS, Blackburn PR. Monitoring clinical trials: conditional or predictive power? "
        "Controlled Clinical Trials 1986; 7: 8-17."
    ),
    "schultz1973": (
        "Schultz JR, Nichol FR, Elfring GL, Weed SD. Multiple-stage procedures for drug screening. "
        "Biometrics 1973; 29: 293-300."
    ),
    "simon1989": (
        "Simon R. Optimal two-stage designs for phase II clinical trials. Controlled Clinical Trials 1989; 10: 1-10."
    ),
    "suissa1985": (
        "Suissa S, Shuster JJ. Exact unconditional sample sizes for the 2 x 2 binomial trial. "
        "Journal of the Royal Statistical Society A 1985; 148: 317-327."
    ),
    "tang2010": (
        "Tang H, Foster NR, Grothey A, Ansell SM, Goldberg RM, Sargent DJ. Comparison of error rates in single-arm "
        "versus randomized phase II cancer clinical trials. Journal of Clinical Oncology 2010; 28: 1936-1941."
    ),
    "thall1994": (
        "Thall PF, Simon R. Practical Bayesian guidelines for phase IIB clinical trials. Biometrics 1994; 50: 337-349."
    ),
    "tierney2007": (
        "Tierney JF, Stewart LA, Ghersi D, Burdett S, Sydes MR. Practical methods for incorporating summary "
        "time-to-event data into meta-analysis. Trials 2007; 8: 16."
    ),
    "tsiatis1984": (
        "Tsiatis AA, Rosner GL, Mehta CR. Exact confidence intervals following a group sequential test. "
        "Biometrics 1984; 40: 797-803."
    ),
    "wang1987": (
        "Wang SK, Tsiatis AA. Approximately optimal one-parameter boundaries for group sequential trials. "
        "Biometrics 1987; 43: 193-199."
    ),
    "wu2014": ("Wu J. A new one-sample log-rank test. Journal of Biometrics and Biostatistics 2014; 5: 210."),
    "wu2015": (
        "Wu J. Sample size calculation for the one-sample log-rank test. Pharmaceutical Statistics 2015; 14: 26-33."
    ),
    "wu2020": (
        "Wu J, Chen L, Wei J, Weiss H, Chauhan A. Two-stage phase II survival trial design. "
        "Pharmaceutical Statistics 2020; 19: 214-229."
    ),
    "zhong2008": (
        "Zhong H, Prentice RL. Bias-reduced estimators and confidence intervals for odds ratios in genome-wide "
        "association studies. Biostatistics 2008; 9: 621-634."
    ),
}
