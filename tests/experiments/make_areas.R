# Prints what pROC says of two scores, for test_areas.py:  Rscript make_areas.R
# With pROC 1.18.0 and R 4.2.2. The scores are whole numbers, so that any language makes the same.
suppressMessages(library(pROC))
options(digits = 17)
i <- 0:199
truth <- as.integer((i * 7919) %% 31 < 11)
first <- ((i * 104729) %% 97 + 20 * truth) %/% 7
other <- ((i * 1299709) %% 89 + 35 * truth) %/% 5
area <- function(rows, score) {
  roc(truth[rows], score[rows], levels = c(0, 1), direction = "<", quiet = TRUE)
}
paired <- roc.test(area(1:200, first), area(1:200, other), method = "delong", paired = TRUE)
cat("paired", paired$estimate, paired$p.value, paired$conf.int, "\n")
apart <- roc.test(area(1:120, first), area(121:200, other), method = "delong", paired = FALSE)
cat("apart", apart$estimate, apart$statistic, "\n")
